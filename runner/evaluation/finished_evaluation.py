"""An evaluation that is over, as a value for those who show it."""

from dataclasses import dataclass
from pathlib import Path

from runner.errors import RunnerError
from runner.evaluation.passes import Pass
from runner.reports.report import Report


@dataclass(frozen=True)
class FinishedEvaluation:
    """An evaluation that is over: its report and the report's place, or why there is none.

    Attributes:
        first: its first pass, which names the image and the suite.
        directory: where the report is, or would have been.
        result: the report as it was written, or the error that this evaluation met.
    """

    first: Pass
    directory: Path
    result: Report | RunnerError
