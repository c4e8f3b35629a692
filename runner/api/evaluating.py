"""Evaluates images in the sandbox, as ``runner evaluate`` does."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from runner.api.announcing import Announce, AnnouncedCases, log_line
from runner.api.checked import LocalPlace, Place, checked
from runner.api.opened_reports import OpenedReport
from runner.api.opened_suites import OpenedSuite, open_suite
from runner.api.placement import Local, Ray
from runner.errors import RunnerError, UsageError
from runner.evaluation.batch import run_plan
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.evaluation.plan import Plan, obtain_image, plan_passes
from runner.evaluation.request import Request
from runner.evaluation.run_options import RunOptions
from runner.executors import open_executor
from runner.files.signatures import read_signing_key
from runner.files.stores import open_store
from runner.sandbox.batch_images import open_batch_images
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.pull import Pull


@checked
def evaluate(
    images: str | Sequence[str],
    suite: Place | OpenedSuite,
    *,
    out: Place | None = None,
    submitter: str | None = None,
    seed: int | None = None,
    wall_seconds: float | None = None,
    memory_mib: int | None = None,
    cpus: float | None = None,
    gpus: int | None = None,
    runtime: str | None = None,
    repeat: int = 0,
    shuffle: bool = False,
    probe: bool = False,
    rerun: bool = False,
    pull: str = "never",
    sign_with: LocalPlace | None = None,
    executor: Local | Ray | None = None,
    announce: Announce = log_line,
) -> list[OpenedReport]:
    """Run images on every case of a suite, each in its sandbox, and return one report per image.

    Reports are written as `runner evaluate` writes them. Finished cases are stored, so that the
    same call after an interruption runs only the missing ones.

    Args:
        images: references that the engine knows.
        suite: an open suite, e.g. one with its private half elsewhere, or its name or path as
            ``runner.open_suite`` takes it.
        out: a directory or URL below which each image's report goes; ``results/SUITE`` by default.
        submitter: who submitted the images, for the leaderboard.
        seed: given to the predictor.
        wall_seconds: the time that a container may take. By default, as for the seed, memory,
            CPUs and GPUs, the suite's own.
        memory_mib: memory and swap of a container together, in MiB.
        cpus: CPUs that a container may use.
        gpus: how many GPUs a container gets.
        runtime: an OCI runtime of the engine, e.g. ``runsc``.
        repeat: how many more times each case is run on the same inputs.
        shuffle: run each case once more, with all rows in another order.
        probe: run each case once more, with nothing shown of its eval runs.
        rerun: run finished cases again.
        pull: ``never``, ``missing`` or ``always``: which images are fetched from their registry.
        sign_with: the file of a private key that signs the reports. A report that it has not signed
            is made again.
        executor: where cases run; one at a time on this machine's engine by default.
        announce: called with each line of progress, from any thread.

    Returns:
        The reports in the order of ``images``, including images that were not scored.

    Raises:
        UsageError: an image does not exist, or an option or the key can't be used. Nothing has been
            run then.
        SuiteError: the suite can't be used.
        EngineError: the engine failed. Other images' reports have been written, and the same call
            continues from there.
        RunnerError: an image met a bug of the runner, whose traceback is in a file. Other images'
            reports have been written.
    """
    names = (images,) if isinstance(images, str) else tuple(images)
    with ExitStack() as held:
        if not isinstance(suite, OpenedSuite):
            suite = held.enter_context(open_suite(suite, announce=announce))
        request = Request(
            images=names,
            suites=(suite.name,),
            submitter=submitter,
            options=RunOptions(
                seed, wall_seconds, memory_mib, cpus, runtime, gpus, rerun, repeat, shuffle, probe
            ),
            placement=(executor or Local()).choose(),
            pull=_read_pull(pull),
            out=None if out is None else open_store(out),
            signing_key=None if sign_with is None else read_signing_key(Path(sign_with)),
        )
        finished = _carry_out(request, suite, announce)
    reports = {one.first.image.reference: _report(one) for one in finished}
    return [reports[name] for name in names]


def _carry_out(
    request: Request, suite: OpenedSuite, announce: Announce
) -> list[FinishedEvaluation]:
    names = list(dict.fromkeys(request.images))
    with (
        closing(Engine.connect()) as engine,
        open_batch_images(engine, names, request.registries, announce) as images,
    ):
        found = [obtain_image(images, name, request, announce) for name in names]
        submitters = dict.fromkeys(request.images, request.submitter)
        passes = plan_passes(request, found, [suite.suite], submitters, engine)
        plan = Plan(passes, submitters, signing_key=request.signing_key)
        return run_plan(
            plan,
            lambda: open_executor(request.placement, images, announce),
            AnnouncedCases(announce),
            (),
        )


def _read_pull(text: str) -> Pull:
    try:
        return Pull(text)
    except ValueError as error:
        raise UsageError(f"pull is {text!r}; it is one of {', '.join(Pull)}.") from error


def _report(finished: FinishedEvaluation) -> OpenedReport:
    if isinstance(finished.result, RunnerError):
        raise finished.result
    return OpenedReport(finished.result, finished.directory)
