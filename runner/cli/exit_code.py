"""The exit code of a command that evaluates."""

from collections.abc import Sequence

from runner.errors import ExitCode
from runner.evaluation.evaluation import FinishedEvaluation
from runner.reports.report import Report


def exit_code(
    finished: Sequence[FinishedEvaluation], missing: int, *, is_below_gate: bool
) -> ExitCode:
    """Return the exit code of the most serious problem.

    Args:
        missing: how many images were not found.
    """
    reports = [one.result for one in finished if isinstance(one.result, Report)]
    if len(reports) < len(finished):
        return ExitCode.ENGINE_FAULT
    if missing:
        return ExitCode.USAGE
    if not all(report.meets_policy for report in reports):
        return ExitCode.PREDICTOR_FAULT
    return ExitCode.BELOW_GATE if is_below_gate else ExitCode.SCORED
