"""How far the cases of a batch are, and how long they are going to take. Pure but for the clock."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runner.evaluation.task import CaseTask


@dataclass
class Count:
    """How far some of the cases are.

    Attributes:
        over: how many are over, whatever came of them; those that had finished before are too.
        failed: how many of those over were not scored.
        running: the titles of those that run now.
        ended: how many have run and ended.
        began, last_end: when the first began and the last ended, in seconds of the clock.
    """

    cases: int = 0
    over: int = 0
    failed: int = 0
    running: set[str] = field(default_factory=set)
    ended: int = 0
    began: float | None = None
    last_end: float = 0.0

    def begin(self, title: str, now: float) -> None:
        """Count a case that runs, perhaps again: what ran on a node that was lost does."""
        self.running.add(title)
        self.began = now if self.began is None else self.began

    def end(self, title: str, now: float, *, failed: bool) -> None:
        """Count a case that is over. One that ran as another image's never began here."""
        if title in self.running:
            self.running.remove(title)
            self.ended += 1
            self.last_end = now
        self.over += 1
        self.failed += failed

    def seconds_left(self, now: float) -> float | None:
        """Return how long the others take if they end as often as cases have so far.

        So budgets, clusters, and the time between two cases need no rule of their own. None if
        nothing is known to go by, nothing is left, or what is left takes longer than expected.
        """
        if self.began is None or self.ended == 0:
            return None
        seconds_each = (self.last_end - self.began) / self.ended
        left = seconds_each * (self.cases - self.over) - (now - self.last_end)
        return left if left > 0 else None


class CaseCounts:
    """How far the cases of each image on each suite are, and all of them together.

    Args:
        clock: seconds that only go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._counts: dict[tuple[str, str], Count] = defaultdict(Count)
        self._all = Count()

    def expect(self, image: str, suite: str, cases: int) -> None:
        """Learn how many cases of a suite there are going to be with an image."""
        for count in (self._counts[image, suite], self._all):
            count.cases += cases

    def find(self, image: str, suite: str, cases: int) -> None:
        """Learn that so many of them have finished before."""
        for count in (self._counts[image, suite], self._all):
            count.over += cases

    def begin(self, task: CaseTask) -> None:
        """Learn that a case begins to run."""
        for count in self._of(task):
            count.begin(task.title, self.clock())

    def end(self, task: CaseTask, *, failed: bool) -> str:
        """Learn that a case is over; return which of how many of its image and suite it is."""
        own, _ = counts = self._of(task)
        for count in counts:
            count.end(task.title, self.clock(), failed=failed)
        return f"({own.over} of {own.cases})"

    def rows(self, most: int) -> list[tuple[str, Count]]:
        """Return the lines of the view: each image on each suite, and, if several, all together.

        Args:
            most: how many lines there is room for. Where it is too little, those under way are
                shown and the others as one line; where there is hardly any, all as one.
        """
        keys = list(self._counts)
        if len(keys) <= 1:
            return [(self._name(key), self._counts[key]) for key in keys]
        if most < 1 + len(keys):
            under_way = [key for key in keys if self._counts[key].running]
            keys = under_way[: max(most - 2, 0)]
        rows = [(self._name(key), self._counts[key]) for key in keys]
        others = [count for key, count in self._counts.items() if key not in keys]
        if others and most > 1:
            rows.append((f"and {len(others)} more", _together(others)))
        return [*rows, ("all", self._all)]

    def _name(self, key: tuple[str, str]) -> str:
        image, suite = key
        has_suites = len({suite for _, suite in self._counts}) > 1
        return f"{image} on {suite}" if has_suites else image

    def _of(self, task: CaseTask) -> tuple[Count, Count]:
        return self._counts[task.image.reference, task.suite], self._all


def _together(counts: Sequence[Count]) -> Count:
    """Return the images that there is no room for, as one."""
    return Count(
        cases=sum(count.cases for count in counts),
        over=sum(count.over for count in counts),
        failed=sum(count.failed for count in counts),
        running={title for count in counts for title in count.running},
    )
