"""Passes: every case of a suite once with one image, as tasks, and judged when they have run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from runner.contract.limits import Limits
from runner.errors import EngineError, RunnerError
from runner.evaluation.changed_names import rename_actuals
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.input_changes import FIRST, InputChange
from runner.evaluation.judgements import Judgements
from runner.evaluation.run_options import RunSettings
from runner.evaluation.task import CaseKey, CaseTask
from runner.evaluation.verdict import JudgedCase, Verdict, judge
from runner.sandbox.engine.image import Image
from runner.sandbox.resources import forecast
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.public_suite import SuiteCase
from runner.suites.sharing import find_nested, find_shared
from runner.suites.suite import Suite


@dataclass(frozen=True)
class Pass:
    """Every case of a suite once, with one image. The first pass of an evaluation is scored.

    Attributes:
        finished: where its cases are stored as soon as they have ended.
    """

    image: Image
    suite: Suite
    settings: RunSettings
    finished: FinishedCases
    input_change: InputChange = FIRST

    @property
    def title(self) -> str:
        """Return its name in a line of progress."""
        return f"{self.image.reference} on {self.suite.name}"

    def tasks(self) -> list[CaseTask]:
        """Return the pass's cases as tasks, in the suite's order."""
        is_shared = bool(find_shared(self.suite) or find_nested(self.suite))
        tasks = [self.task(record.id) for record in self.suite.manifest.cases]
        return [replace(task, reads_image=is_shared) for task in tasks]

    def task(self, case_id: str) -> CaseTask:
        """Return a case as a task."""
        suite = (self.suite.name, self.suite.digest, self.suite.inputs_digests[case_id])
        settings = (self.settings.policy, self.settings.seed)
        return CaseTask(self.image, *suite, case_id, *settings, self.input_change)

    def further(self) -> "list[Pass]":
        """Return the passes with the input changes that were asked for."""
        return [replace(self, input_change=change) for change in self.settings.input_changes]

    def judged(self, judgements: Judgements | None = None) -> Iterator[JudgedCase]:
        """Yield each case judged; all have finished.

        Args:
            judgements: cases that have been judged already.

        Raises:
            EngineError: a case's stored result has been deleted.
        """
        for case in self.suite.cases:
            key = self.task(case.id).key
            held = None if judgements is None else judgements.find(self.suite.digest, key)
            yield held or self.judge(case, self._find_run(case, key))

    def _find_run(self, case: SuiteCase, key: CaseKey) -> SandboxRun:
        run = self.finished.find(key)
        if run is None:
            raise EngineError(f"{self.title}, {case.id}: its stored result has been deleted.")
        return run

    def judge(self, case: SuiteCase, run: SandboxRun) -> JudgedCase:
        """Return the case with the verdict on its run."""
        actuals = self.suite.actuals(case)  # read only now: the container has ended
        if self.input_change.renames:
            actuals = rename_actuals(actuals)
        limits = self.settings.policy.limits
        verdict = judge(run, case.wanted_files, actuals.targets, limits, self.suite.scoring)
        return JudgedCase(case, run, verdict, actuals)


class CaseProgress(Protocol):
    """Is called as cases begin and end, to show progress. Called from any thread."""

    def say(self, line: str) -> None:
        """Show a line to the user."""

    def expect(self, passes: Sequence[Pass]) -> None:
        """Take the cases of the batch, before they run."""

    def find(self, pass_: Pass, cases: int) -> None:
        """Take the number of cases that finished earlier and are not run."""

    def begin(self, task: CaseTask) -> None:
        """Note that a case begins to run."""

    def end(self, pass_: Pass, case: str, ended: JudgedCase | RunnerError) -> None:
        """Note how a case that ran has ended."""


class SilentCases:
    """A ``CaseProgress`` that shows nothing."""

    def say(self, line: str) -> None:
        """Show no line."""

    def expect(self, passes: Sequence[Pass]) -> None:
        """Show nothing of it."""

    def find(self, pass_: Pass, cases: int) -> None:
        """Show nothing of it."""

    def begin(self, task: CaseTask) -> None:
        """Show nothing of it."""

    def end(self, pass_: Pass, case: str, ended: JudgedCase | RunnerError) -> None:
        """Show nothing of it."""


def describe(run: SandboxRun, verdict: Verdict, limits: Limits) -> str:
    """Return one line: how a case ended, and each limit that it came near."""
    line = f"{verdict.outcome} after {run.end.wall_seconds:.1f} s"
    return "; ".join([line, *forecast(run.resources, limits)])
