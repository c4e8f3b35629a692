"""``runner evaluate``: makes a request of the options, carries it out, prints the results."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from runner.building.draw import Draw
from runner.cli.ci import CiOutput, read_checks
from runner.cli.evaluation_options import (
    CiOptions,
    FurtherRunOptions,
    HelmRunOptions,
    LimitOptions,
    OutputOptions,
    PlacementOptions,
    WhatToRun,
)
from runner.cli.evaluation_text import EvaluationPrinter, shows_targets
from runner.cli.exit_code import exit_code
from runner.cli.live.cases import open_case_progress
from runner.cli.live.display import Display, QuietDisplay
from runner.cli.live.results import Results
from runner.cli.live.terminal import open_display
from runner.errors import ExitCode, UsageError
from runner.evaluation.batch import run_plan
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.plan import Plan, open_plan, tell_left_out
from runner.evaluation.recorded_cases import record_batch
from runner.evaluation.request import ExecutorChoice, Request
from runner.evaluation.run_options import RunOptions
from runner.executors import open_executor
from runner.files.signatures import read_signing_key
from runner.reports.own_metrics import read_own_metrics
from runner.sandbox.batch_images import open_batch_images
from runner.sandbox.docker_command import command_line
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.pull import Pull
from runner.sandbox.engine.registries import PUBLIC_REGISTRIES, read_registries
from runner.submissions.organizer_files import read_listed
from runner.suites.sharing import refuse_shared


def evaluate(
    images: tuple[str, ...],
    what: WhatToRun,
    limits: LimitOptions,
    helm: HelmRunOptions,
    further: FurtherRunOptions,
    placement: PlacementOptions,
    output: OutputOptions,
    ci: CiOptions,
) -> ExitCode:
    """Evaluate images on suites, print the results, and return the exit code."""
    request = make_request(images, what, limits, helm, further, placement, output)
    if ci.is_closed and request.registries is None:
        request = replace(request, registries=PUBLIC_REGISTRIES)
    if output.show_log and ci.is_closed:
        raise UsageError("--show-log shows what --closed withholds; use only one of them.")
    if output.metrics and ci.is_closed:
        raise UsageError("--metrics shows what --closed withholds; use only one of them.")
    own_metrics = read_own_metrics(output.metrics)
    display = open_display()
    shown = QuietDisplay() if output.quiet else display
    checks = read_checks(ci, display)
    submitters = request.submitters(read_listed)
    engine = Engine.connect()
    results = Results()
    with (
        open_batch_images(engine, list(submitters), request.registries, shown.say) as held,
        open_plan(request, submitters, held, shown) as plan,
        open_progress(shown, results, plan.passes, is_closed=ci.is_closed) as progress,
    ):
        checks.check_suites(plan.suites)
        for suite in plan.suites if ci.is_closed else ():
            refuse_shared(suite, "One case could pass another its actuals, past --closed.")
        if output.verbose:
            show_settings(plan, display)
        printer = EvaluationPrinter(
            display,
            output.as_json,
            output.show_log,
            ci.is_closed,
            own_metrics,
            has_targets=not output.quiet and shows_targets(plan.passes.values()),
            has_table=output.quiet or len(plan.passes) > 1,
            is_quiet=output.quiet,
        )
        if output.quiet:  # the progress has told nobody
            tell_left_out(plan.left_out, display.say)
        checked = CiOutput(checks, ci, display, output.as_json, plan.left_out)
        open_pool = partial(open_executor, request.placement, held, shown.say)
        finished = run_plan(plan, open_pool, progress, [results, printer, checked])
    return exit_code(finished, plan.left_out, is_below_gate=checked.is_below_gate)


@contextmanager
def open_progress(
    display: Display, results: Results, passes: Mapping[Path, Pass], *, is_closed: bool
) -> Iterator[CaseProgress]:
    """Yield what shows the cases, and keeps the file that `runner view` follows.

    Args:
        is_closed: then there is no such file: what --closed withholds stands nowhere else either.
    """
    with open_case_progress(display, results, is_closed=is_closed) as shown:
        if is_closed:
            yield shown
            return
        with record_batch(passes, shown) as recorded:
            yield recorded


def make_request(
    images: tuple[str, ...],
    what: WhatToRun,
    limits: LimitOptions,
    helm: HelmRunOptions,
    further: FurtherRunOptions,
    placement: PlacementOptions,
    output: OutputOptions,
) -> Request:
    """Return the request that the options make.

    Raises:
        UsageError: they contradict each other.
    """
    return Request(
        images=images,
        suites=what.suites,
        submitter=what.submitter,
        submissions_file=what.submissions_file,
        root_dir=helm.root_dir,
        private=what.private,
        draw=Draw(helm.train_runs, helm.eval_samples, what.seed, helm.stat_names),
        options=RunOptions(seed=what.seed, rerun=what.rerun, **vars(limits), **vars(further)),
        placement=ExecutorChoice(**vars(placement)),
        pull=Pull(what.pull),
        registries=read_registries(what.registries) or None,
        out=output.out,
        signing_key=None if output.sign_with is None else read_signing_key(output.sign_with),
    )


def show_settings(plan: Plan, display: Display) -> None:
    """Print the settings of each image's containers as a `docker run` command."""
    for one in plan.passes.values():
        display.say(command_line(one.image, one.settings.policy))
