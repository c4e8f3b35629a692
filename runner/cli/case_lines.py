"""The progress of cases as plain lines."""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager

from runner.cli.case_counts import CaseCounts
from runner.cli.progress import Display
from runner.errors import EngineError
from runner.evaluation.passes import CaseProgress, Pass, describe
from runner.evaluation.repetitions import JudgedCase
from runner.evaluation.task import CaseTask
from runner.sandbox.outcome import Outcome


class CaseLines(CaseProgress):
    """Prints a line on standard error when a case begins, and when it ends."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._lock = threading.Lock()
        self._counts = CaseCounts()

    def say(self, line: str) -> None:
        """Print a line, whole."""
        self._display.announce(line)

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal, while the block lasts, to what is printed on standard output."""
        return self._display.aside()

    def expect(self, passes: Sequence[Pass]) -> None:
        """Learn how many cases there are going to be."""
        with self._lock:
            for one in passes:
                cases = [record.id for record in one.suite.manifest.cases]
                self._counts.expect(one.image.reference, one.suite.name, cases)

    def find(self, pass_: Pass, cases: int) -> None:
        """Print how many cases need not be run."""
        with self._lock:
            self._counts.find(pass_.image.reference, pass_.suite.name, cases)
        of = len(pass_.suite.manifest.cases)
        change = f", {pass_.input_change.name}" if pass_.input_change.name else ""
        self.say(
            f"{pass_.title}{change}: {cases} of {of} cases have finished before "
            "(--rerun runs them again)"
        )

    def begin(self, task: CaseTask) -> None:
        """Print that a case begins."""
        with self._lock:
            self._counts.begin(task)
        self.say(f"{task.title}: running, at most {task.policy.limits.wall_seconds:g} s")

    def end(self, pass_: Pass, case: str, ended: JudgedCase | EngineError) -> None:
        """Print how a case ended, and how many of its image and suite are over."""
        task = pass_.task(case)
        self.say(f"{task.title}: {_describe(pass_, ended)} {self._count(task, ended)}")

    def _count(self, task: CaseTask, ended: JudgedCase | EngineError) -> str:
        seconds, is_scored = None, False
        if isinstance(ended, JudgedCase):
            seconds = ended.run.end.wall_seconds
            is_scored = ended.verdict.outcome is Outcome.SCORED
        with self._lock:
            return self._counts.end(task, seconds, failed=not is_scored)


def _describe(pass_: Pass, ended: JudgedCase | EngineError) -> str:
    if isinstance(ended, EngineError):
        return f"not run: {ended}"
    return describe(ended.run, ended.verdict, pass_.settings.policy.limits)
