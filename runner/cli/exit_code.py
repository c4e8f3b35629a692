"""The exit code of a command that evaluates."""

from collections.abc import Sequence

from runner.errors import ExitCode, RunnerError
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.reports.report import Report

FIRST_TO_LAST = (
    ExitCode.BUG,
    ExitCode.ENGINE_FAULT,
    ExitCode.BAD_SUITE,
    ExitCode.USAGE,
    ExitCode.PREDICTOR_FAULT,
    ExitCode.BELOW_GATE,
    ExitCode.SCORED,
)
"""If several hold, the first is the command's: what says least about the predictors."""


def exit_code(
    finished: Sequence[FinishedEvaluation],
    left_out: Sequence[RunnerError],
    *,
    is_below_gate: bool,
) -> ExitCode:
    """Return the exit code of the most serious problem.

    Args:
        left_out: why images were left out before anything ran.
    """
    results = [one.result for one in finished]
    errors = [*left_out, *(each for each in results if isinstance(each, RunnerError))]
    found = {each.exit_code for each in errors}
    if not all(each.meets_policy for each in results if isinstance(each, Report)):
        found.add(ExitCode.PREDICTOR_FAULT)
    if is_below_gate:
        found.add(ExitCode.BELOW_GATE)
    return next(code for code in FIRST_TO_LAST if code in found or code is ExitCode.SCORED)
