"""``runner ledger evaluate``: evaluates the images that the ledger admits, publishes scores."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from runner.cli.echo import echo
from runner.cli.evaluation_options import CompetitionOptions, LimitOptions, PlacementOptions
from runner.cli.exit_code import exit_code
from runner.cli.live.cases import open_case_progress
from runner.cli.live.display import Display
from runner.cli.live.results import Results
from runner.cli.live.terminal import open_display
from runner.errors import ExitCode, UsageError
from runner.evaluation.batch import run_plan
from runner.evaluation.plan import Plan, open_suites, plan_passes, resolve_images
from runner.evaluation.request import ExecutorChoice, Request
from runner.evaluation.run_options import RunOptions
from runner.executors import open_executor
from runner.files.signatures import read_signing_key
from runner.files.written_files import append_text
from runner.sandbox.batch_images import open_batch_images
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.pull import Pull
from runner.sandbox.engine.registries import PUBLIC_REGISTRIES, read_registries
from runner.sandbox.image_archive import is_archive
from runner.submissions.admission import Admission
from runner.submissions.ledger import Ledger
from runner.submissions.organizer_files import read_listed
from runner.submissions.told import mark_reports
from runner.untrusted import markdown_code, printable


def evaluate_by_ledger(
    file: Path,
    images: tuple[str, ...],
    competition: CompetitionOptions,
    limits: LimitOptions,
    placement: PlacementOptions,
) -> ExitCode:
    """Evaluate the images that the ledger admits, and publish what its rules allow."""
    archives = [image for image in images if is_archive(image)]
    if archives:
        raise UsageError(
            f"{archives[0]}: a ledger admits no archive, as nobody else could fetch that image to "
            "check its line. Push it to a registry, and name it by its digest."
        )
    sign_with = competition.sign_with
    request = Request(
        images=images,
        suites=competition.suites,
        submitter=competition.submitter,
        private=competition.private,
        options=RunOptions(**vars(limits)),
        placement=ExecutorChoice(**vars(placement)),
        pull=Pull(competition.pull),
        registries=read_registries(competition.registries) or PUBLIC_REGISTRIES,
        out=competition.out,
        signing_key=None if sign_with is None else read_signing_key(sign_with),
    )
    ledger, display = Ledger(file, signing_key=request.signing_key), open_display()
    rules, _ = ledger.read_to_add()
    board = Publisher(competition.submitter, display, competition.summary_file)
    admission = Admission(ledger, rules, competition.submitter, board.publish, display.say)
    engine = Engine.connect()
    submitters = request.submitters(read_listed)
    fetched = replace(request, pull=Pull.NEVER)
    with (
        open_batch_images(engine, images, request.registries, display.say) as held,
        open_suites(request, display) as suites,
    ):

        def fetch(image: str, may_ask: bool) -> None:
            resolve_images(held, [image], request if may_ask else fetched, display.say)

        admission.check(suites)
        admission.fetch(images, [suite.digest for suite in suites], fetch)
        found, left_out = resolve_images(held, list(submitters), fetched, display.say)
        passes = plan_passes(fetched, found, suites, submitters, engine)
        plan = Plan(passes, submitters, left_out, request.signing_key)
        for directory in {path.parent for path in plan.passes}:
            mark_reports(directory, file)
        admitted = replace(plan, passes=admission.admit(plan.passes))
        open_pool = partial(open_executor, request.placement, held, display.say)
        with open_case_progress(display, Results(), is_closed=True) as progress:
            finished = run_plan(admitted, open_pool, progress, [admission])
    code = exit_code(finished, plan.left_out, is_below_gate=False)
    is_refused = code is ExitCode.SCORED and admission.refused
    return ExitCode.PREDICTOR_FAULT if is_refused else code


class Publisher:
    """Prints what is published about an image, and appends it to the summary if there is one."""

    def __init__(self, submitter: str, display: Display, summary_file: Path | None) -> None:
        self._submitter, self._display, self._summary_file = submitter, display, summary_file

    def publish(self, reference: str, line: str) -> None:
        """Print a line about an image, which anyone may read.

        Raises:
            UsageError: the summary can't be written.
        """
        names = (self._submitter, reference)
        with self._display.aside():
            echo(": ".join(map(printable, (*names, line))))
        if self._summary_file is not None:
            marked = " ".join(map(markdown_code, names))
            append_text(self._summary_file, f"{marked}: {printable(line)}\n\n")
