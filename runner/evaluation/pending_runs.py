"""The cases of many passes, run by an executor, stored and judged, each run once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from runner.errors import BugError, RunnerError
from runner.evaluation.executor import Executor
from runner.evaluation.judgements import Judgements
from runner.evaluation.late_loading import load_ahead
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.task import CaseTask
from runner.evaluation.verdict import JudgedCase
from runner.files.bug_log import attempt
from runner.sandbox.sandbox_run import SandboxRun


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
    if tasks:
        load_ahead()
    suites = {one.suite.digest: one.suite.public for group in groups for one in group}
    for ended in executor.run(tasks, suites, progress.begin, pending.keep, progress.say):
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
