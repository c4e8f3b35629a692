"""The progress of cases as plain lines."""

import threading
from collections import Counter
from collections.abc import Sequence

import click

from runner.cases.case_task import CaseTask
from runner.cases.repetitions import JudgedCase
from runner.cases.rounds import Round, describe
from runner.errors import EngineError


class CaseLines:
    """Prints a line on standard error when a case begins, and when it ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cases: Counter[str] = Counter()
        self._over: Counter[str] = Counter()

    def say(self, line: str) -> None:
        """Print a line, whole."""
        with self._lock:
            click.echo(line, err=True)

    def expect(self, rounds: Sequence[Round]) -> None:
        """Learn how many cases there are going to be."""
        for one in rounds:
            self._cases[one.title] += len(one.suite.manifest.cases)

    def find(self, round_: Round, cases: int) -> None:
        """Print how many cases need not be run."""
        self._over[round_.title] += cases
        of = len(round_.suite.manifest.cases)
        variant = f", {round_.variant.name}" if round_.variant.name else ""
        self.say(
            f"{round_.title}{variant}: {cases} of {of} cases have finished before "
            "(--rerun runs them again)"
        )

    def begin(self, task: CaseTask) -> None:
        """Print that a case begins."""
        self.say(f"{task.title}: running, at most {task.policy.limits.wall_seconds:g} s")

    def end(self, round_: Round, case: str, ended: JudgedCase | EngineError) -> None:
        """Print how a case ended, and how many of its image and suite are over."""
        title = round_.task(case).title
        self._over[round_.title] += 1
        of = f"({self._over[round_.title]} of {self._cases[round_.title]})"
        if isinstance(ended, EngineError):
            self.say(f"{title}: not run: {ended} {of}")
        else:
            limits = round_.terms.policy.limits
            self.say(f"{title}: {describe(ended.run, ended.verdict, limits)} {of}")
