"""How far the cases of a batch are, and how long they are going to take. Pure but for the clock."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from runner.evaluation.task import CaseTask

CaseName = tuple[str, str]
"""A suite's name and the ID of one of its cases."""


@dataclass(frozen=True)
class Row:
    """A line of the live view: one image on one suite, several of them, or all.

    Attributes:
        name: of whom it is.
        over, cases: how many cases are over, whatever came of them, and of how many.
        running: how many run now.
        failed: how many of those over were not scored.
        seconds_left: until all are over; None if nothing is known to go by, or nothing is left.
    """

    name: str
    over: int
    cases: int
    running: int
    failed: int
    seconds_left: float | None = None


class CaseSeconds:
    """How long the cases took that have ended."""

    def __init__(self) -> None:
        self._of_case: dict[CaseName, tuple[float, int]] = {}
        self._of_all = (0.0, 0)

    def add(self, case: CaseName, seconds: float) -> None:
        """Learn how long a case took."""
        self._of_case[case] = _add(self._of_case.get(case, (0.0, 0)), seconds)
        self._of_all = _add(self._of_all, seconds)

    def expect(self, case: CaseName) -> float | None:
        """Return the mean of the case's own times, else of all times, in seconds; None if none."""
        seconds, times = self._of_case.get(case, self._of_all)
        return seconds / times if times else None


def _add(mean: tuple[float, int], seconds: float) -> tuple[float, int]:
    return mean[0] + seconds, mean[1] + 1


@dataclass
class Count:
    """How far some of the cases are.

    Attributes:
        waiting: the names of those that have not begun, each as often as it is to run. Those that
            had finished before are among them: which ones they are is not told.
        running: the names of those that run, and when they began, by their titles.
        ran_seconds: that those which have ended took, all together.
        began: when the first began, None before.
    """

    cases: int = 0
    over: int = 0
    failed: int = 0
    waiting: Counter[CaseName] = field(default_factory=Counter)
    running: dict[str, tuple[CaseName, float]] = field(default_factory=dict)
    ran_seconds: float = 0.0
    began: float | None = None

    def expect(self, names: Sequence[CaseName]) -> None:
        """Learn which cases there are going to be, besides those known before."""
        self.cases += len(names)
        self.waiting.update(names)

    def begin(self, title: str, name: CaseName, now: float) -> None:
        """Learn that a case begins, perhaps again: what ran on a node that was lost does."""
        if title not in self.running:
            self.waiting[name] -= 1
        self.running[title] = (name, now)
        if self.began is None:
            self.began = now

    def end(self, title: str, name: CaseName, seconds: float, *, failed: bool) -> None:
        """Learn that a case is over. One that ran as another image's never began here."""
        if self.running.pop(title, None) is None:
            self.waiting[name] -= 1
        else:
            self.ran_seconds += seconds
        self.over += 1
        self.failed += failed

    def row(self, name: str, seconds_left: float | None = None) -> Row:
        """Return how far they are."""
        return Row(name, self.over, self.cases, len(self.running), self.failed, seconds_left)


def seconds_left(count: Count, known: CaseSeconds, now: float) -> float | None:
    """Return how long the cases of a count are going to take, None if nothing is known to go by.

    What is left to run is divided by how many have run at a time so far. That is measured, so that
    budgets, clusters, and the time between two cases need no rule of their own.
    """
    if count.began is None or now <= count.began:
        return None
    expected = [(known.expect(name), now - began) for name, began in count.running.values()]
    running = [max(seconds - ran, 0.0) for seconds, ran in expected if seconds is not None]
    ran_seconds = count.ran_seconds + sum(ran for _, ran in expected)
    at_a_time = ran_seconds / (now - count.began)
    waiting = count.cases - count.over - len(count.running)
    left = sum(running) + waiting * _mean_seconds(count.waiting, known)
    return max([left / at_a_time, *running]) or None if at_a_time > 0 else None


def _mean_seconds(names: Counter[CaseName], known: CaseSeconds) -> float:
    """Return how long one of these cases takes, 0 if nothing is known of any."""
    expected = [(known.expect(name) or 0.0, times) for name, times in names.items() if times > 0]
    times = sum(times for _, times in expected)
    return sum(seconds * times for seconds, times in expected) / times if times else 0.0


class CaseCounts:
    """How far the cases of each image on each suite are, and all of them together.

    Args:
        clock: seconds that only go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, str], Count] = defaultdict(Count)
        self._all = Count()
        self._known = CaseSeconds()

    def expect(self, image: str, suite: str, cases: Iterable[str]) -> None:
        """Learn which cases of a suite there are going to be with an image, by their IDs."""
        names = [(suite, case) for case in cases]
        for count in (self._counts[image, suite], self._all):
            count.expect(names)

    def find(self, image: str, suite: str, cases: int) -> None:
        """Learn that so many of them have finished before."""
        for count in (self._counts[image, suite], self._all):
            count.over += cases

    def begin(self, task: CaseTask) -> None:
        """Learn that a case begins to run."""
        now = self._clock()
        for count in self._of(task):
            count.begin(task.title, (task.suite, task.case), now)

    def end(self, task: CaseTask, seconds: float | None, *, failed: bool) -> str:
        """Learn that a case is over; return which of how many of its image and suite it is.

        Args:
            seconds: that its container took; None if nothing is known of it.
        """
        name = (task.suite, task.case)
        if seconds is not None:
            self._known.add(name, seconds)
        own, _ = counts = self._of(task)
        for count in counts:
            count.end(task.title, name, seconds or 0.0, failed=failed)
        return f"({own.over} of {own.cases})"

    def rows(self, most: int) -> list[Row]:
        """Return the lines of the view: each image on each suite, and, if several, all together.

        Args:
            most: how many lines there is room for. Where it is too little, those under way are
                shown and the others as one line; where there is hardly any, all as one.
        """
        now = self._clock()
        left = seconds_left(self._all, self._known, now)
        everything = self._all.row("all", left)
        keys = list(self._counts)
        if len(keys) > 1 and most < 1 + len(keys):
            under_way = [key for key in keys if self._counts[key].running]
            keys = under_way[: max(most - 2, 0)]
        shown = {key: self._row(key, left, now) for key in keys}
        rows = list(shown.values())
        if len(self._counts) <= 1:
            return rows
        others = [count for key, count in self._counts.items() if key not in shown]
        if others and most > 1:
            rows.append(_together(others))
        return [*rows, everything]

    def _row(self, key: tuple[str, str], most_left: float | None, now: float) -> Row:
        image, suite = key
        has_suites = len({suite for _, suite in self._counts}) > 1
        left = seconds_left(self._counts[key], self._known, now)
        if left is not None and most_left is not None:
            left = min(left, most_left)  # no image takes longer than all
        return self._counts[key].row(f"{image} on {suite}" if has_suites else image, left)

    def _of(self, task: CaseTask) -> tuple[Count, Count]:
        return self._counts[task.image.reference, task.suite], self._all


def _together(counts: Sequence[Count]) -> Row:
    """Return the images that there is no room for, as one line."""
    return Row(
        f"and {len(counts)} more",
        sum(count.over for count in counts),
        sum(count.cases for count in counts),
        sum(len(count.running) for count in counts),
        sum(count.failed for count in counts),
    )
