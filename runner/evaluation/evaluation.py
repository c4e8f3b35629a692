"""The straight line: per case, stage inputs -> run sandboxed -> read predictions -> score."""

from collections.abc import Iterator, Sequence
from functools import partial

from runner.errors import RunnerError
from runner.evaluation.executor import Executor
from runner.evaluation.judgements import Judgements
from runner.evaluation.late_loading import load_making
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.pending_runs import run_passes
from runner.evaluation.verdict import JudgedCase
from runner.files.bug_log import attempt
from runner.reports.report import Evaluation
from runner.sandbox.engine.image import image_warnings
from runner.sandbox.outcome import Outcome


def evaluate(
    passes: Sequence[Pass], executor: Executor, progress: CaseProgress
) -> Iterator[tuple[Pass, Evaluation | RunnerError]]:
    """Run images on every case of their suites, in one pool, and score the predictions.

    Each case is stored as soon as its container has ended. When the same evaluation is started
    again, stored cases are not run again.

    Args:
        passes: the first pass of each evaluation.

    Yields:
        Each evaluation when its last case is over. If the engine failed, or a bug was met while a
        case was judged or the report made, the result is that error: it says nothing about the
        predictor, the finished cases stay stored, and the other evaluations go on.
    """
    for one in passes:
        for warning in image_warnings(one.image):
            progress.say(f"warning: {one.image.reference}: {warning}")
    judgements = Judgements()
    repeated: list[Pass] = []
    for number, fault in run_passes([[one] for one in passes], executor, progress, judgements):
        one = passes[number]
        judged = attempt(partial(_judged, one, judgements)) if fault is None else fault
        if isinstance(judged, RunnerError):
            yield one, judged
        elif one.settings.input_changes and _are_scored(judged):
            repeated.append(one)
        else:
            yield one, attempt(partial(_make, one, judged, (), judgements, executor))
    further = [one.further() for one in repeated]
    for number, fault in run_passes(further, executor, progress, judgements):
        one = repeated[number]
        again = partial(_make_again, one, further[number], judgements, executor)
        yield one, attempt(again) if fault is None else fault


def _judged(one: Pass, judgements: Judgements) -> list[JudgedCase]:
    return list(one.judged(judgements))


def _are_scored(judged: Sequence[JudgedCase]) -> bool:
    """Return whether the first pass was scored, so that further passes can be compared with it."""
    return all(one.verdict.outcome is Outcome.SCORED for one in judged)


def _make_again(
    one: Pass, further: Sequence[Pass], judgements: Judgements, executor: Executor
) -> Evaluation:
    return _make(one, _judged(one, judgements), further, judgements, executor)


def _make(
    one: Pass,
    judged: Sequence[JudgedCase],
    further: Sequence[Pass],
    judgements: Judgements,
    executor: Executor,
) -> Evaluation:
    """Return the evaluation, with its further passes compared with the first."""
    return load_making()(one, judged, further, judgements, executor)
