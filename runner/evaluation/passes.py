"""Passes: every case of a suite once with one image, run by an executor, kept, and judged."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from runner.contract.limits import Limits
from runner.errors import BugError, EngineError, RunnerError
from runner.evaluation.executor import Executor
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.input_changes import FIRST, InputChange, rename_actuals
from runner.evaluation.judgements import Judgements
from runner.evaluation.run_options import RunSettings
from runner.evaluation.task import CaseKey, CaseTask
from runner.evaluation.verdict import JudgedCase, Verdict, judge
from runner.files.bug_log import attempt
from runner.sandbox.engine.image import Image
from runner.sandbox.resources import forecast
from runner.sandbox.run import SandboxRun
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


def run_passes(
    groups: Sequence[Sequence[Pass]],
    executor: Executor,
    progress: CaseProgress,
    judgements: Judgements,
) -> Iterator[tuple[int, RunnerError | None]]:
    """Run the cases of all passes in one pool, except those that finished earlier.

    If several passes need a run with the same key, it is made once. Each run is stored as soon as
    its container has ended.

    Args:
        judgements: gets each case that is judged.

    Yields:
        The number of each group when its last case is over, with the first error because of which
        one of its cases has no verdict, or None.
    """
    pending = _PendingRuns(groups, progress, judgements)
    yield from pending.complete()
    tasks = longest_first(pending.missing, pending.seconds())
    suites = {one.suite.digest: one.suite.public for group in groups for one in group}
    for ended in executor.run(tasks, suites, progress.begin, pending.keep):
        pending.end(ended.task, ended.result)
        yield from pending.complete()


class _PendingRuns:
    """Which group waits for which tasks."""

    def __init__(
        self, groups: Sequence[Sequence[Pass]], progress: CaseProgress, judgements: Judgements
    ) -> None:
        self._progress, self._judgements = progress, judgements
        self._left = {number: 0 for number, _ in enumerate(groups)}
        self._faults: dict[int, RunnerError] = {}
        self._waiting: dict[str, list[tuple[int, Pass]]] = defaultdict(list)
        self.missing: list[CaseTask] = []
        progress.expect([one for group in groups for one in group])
        for number, group in enumerate(groups):
            for one in group:
                self._plan(number, one)

    def _plan(self, number: int, one: Pass) -> None:
        tasks, found = one.tasks(), 0
        for task in tasks:
            if not one.settings.rerun and one.finished.find(task.key) is not None:
                found += 1
                continue
            waiting = self._waiting[task.key.digest]
            if not waiting:
                self.missing.append(task)
            waiting.append((number, one))
            self._left[number] += 1
        if found:
            self._progress.find(one, found)

    def seconds(self) -> dict[str, float]:
        """Return how long finished cases took, by the digest of their inputs."""
        stores = {one.finished for who in self._waiting.values() for _, one in who}
        return {digest: seconds for store in stores for digest, seconds in store.seconds().items()}

    def keep(self, task: CaseTask, run: SandboxRun) -> None:
        """Store a run in every place where a pass looks for it."""
        key = task.key
        for finished in {one.finished for _, one in self._waiting[key.digest]}:
            finished.keep(key, run)

    def end(self, task: CaseTask, result: SandboxRun | RunnerError) -> None:
        """Note that a task is over."""
        for number, one in self._waiting.pop(task.key.digest):
            self._left[number] -= 1
            known = self._faults.get(number)
            # A bug is kept once: it would be met again in each of an image's cases.
            ended = known if isinstance(known, BugError) else self._judge(one, task, result)
            shown = attempt(partial(self._progress.end, one, task.case, ended))
            for found in (ended, shown):
                if isinstance(found, RunnerError):
                    self._faults.setdefault(number, found)

    def _judge(
        self, one: Pass, task: CaseTask, result: SandboxRun | RunnerError
    ) -> JudgedCase | RunnerError:
        """Return the judged case, or why there is no verdict."""
        if isinstance(result, RunnerError):
            return result
        return attempt(partial(self._judge_run, one, task, result))

    def _judge_run(self, one: Pass, task: CaseTask, run: SandboxRun) -> JudgedCase:
        """Return the judged case; several passes may wait for it."""
        judged = self._judgements.find(one.suite.digest, task.key)
        if judged is None:
            judged = one.judge(one.suite.case(task.case), run)
            self._judgements.hold(one.suite.digest, task.key, judged)
        return judged

    def complete(self) -> Iterator[tuple[int, RunnerError | None]]:
        """Yield the groups whose cases are all over, each once."""
        for number in [number for number, left in self._left.items() if left == 0]:
            del self._left[number]
            yield number, self._faults.get(number)


def longest_first(tasks: Iterable[CaseTask], seconds: Mapping[str, float]) -> list[CaseTask]:
    """Return the tasks with the longest first, so that no long one starts last.

    Args:
        seconds: how long cases have taken, by the digest of their inputs. Cases without a known
            time come first, in the order given: any of them may be the longest.
    """

    def known(task: CaseTask) -> float:
        return seconds.get(task.inputs_digest, float("inf"))

    return sorted(tasks, key=known, reverse=True)


def describe(run: SandboxRun, verdict: Verdict, limits: Limits) -> str:
    """Return one line: how a case ended, and each limit that it came near."""
    line = f"{verdict.outcome} after {run.end.wall_seconds:.1f} s"
    return "; ".join([line, *forecast(run.resources, limits)])
