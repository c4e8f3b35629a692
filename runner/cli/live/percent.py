"""The progress that participants may see: tens of percent, and nothing of single cases."""

import threading
from collections.abc import Sequence

from runner.cli.live.display import Display
from runner.errors import RunnerError
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.task import CaseTask
from runner.evaluation.verdict import JudgedCase

STEP = 10


class PercentLines(CaseProgress):
    """Prints how much of all cases is over, each ten percent once.

    Names, times and outcomes of cases would each be a digit that a predictor can choose; so would
    errors, whose text may quote it.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._lock = threading.Lock()
        self._cases = self._over = self._told = 0

    def say(self, line: str) -> None:
        """Show nothing: the line may be about a case or an image."""

    def expect(self, passes: Sequence[Pass]) -> None:
        """Note how many cases there will be."""
        with self._lock:
            self._cases += sum(len(one.suite.manifest.cases) for one in passes)

    def find(self, pass_: Pass, cases: int) -> None:  # noqa: ARG002
        """Count cases that have finished before."""
        self._advance(cases)

    def begin(self, task: CaseTask) -> None:
        """Show nothing of it."""

    def end(self, pass_: Pass, case: str, ended: JudgedCase | RunnerError) -> None:  # noqa: ARG002
        """Count a case that is over, however it ended."""
        self._advance(1)

    def _advance(self, cases: int) -> None:
        with self._lock:
            self._over += cases
            tens = 100 * self._over // self._cases // STEP * STEP
            if tens > self._told:
                self._told = tens
                self._display.say(f"{tens} % of the cases are over")
