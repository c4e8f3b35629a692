"""The progress of a batch's cases, and the time they will take. Pure except for the clock."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runner.evaluation.task import CaseTask

Key = tuple[str, str]
"""An image and a suite."""


@dataclass
class Count:
    """The progress of some of the cases.

    Attributes:
        over: how many are over, scored or not, including those that had finished earlier.
        failed: how many of them were not scored.
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
        """Count a case that runs; it may run again, if its node was lost."""
        self.running.add(title)
        self.began = now if self.began is None else self.began

    def end(self, title: str, now: float, *, failed: bool) -> None:
        """Count a case that is over; one that ran as another image's case never began here."""
        if title in self.running:
            self.running.remove(title)
            self.ended += 1
            self.last_end = now
        self.over += 1
        self.failed += failed

    def seconds_left(self, now: float) -> float | None:
        """Return how long the other cases will take if they end as often as the cases so far.

        So budgets, clusters, and the time between two cases need no rule of their own. None if no
        case has ended yet, none is left, or the rest takes longer than expected.
        """
        if self.began is None or self.ended == 0:
            return None
        seconds_each = (self.last_end - self.began) / self.ended
        left = seconds_each * (self.cases - self.over) - (now - self.last_end)
        return left if left > 0 else None


@dataclass(frozen=True)
class Row:
    """A line of the view.

    Attributes:
        key: None if the line is of several images.
    """

    name: str
    count: Count
    key: Key | None = None


class CaseCounts:
    """The progress of the cases of each image on each suite, and of all together.

    Args:
        clock: seconds that only go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._counts: dict[Key, Count] = defaultdict(Count)
        self._all = Count()

    def expect(self, image: str, suite: str, cases: int) -> None:
        """Note how many cases of a suite an image will have."""
        for count in (self._counts[image, suite], self._all):
            count.cases += cases

    def find(self, image: str, suite: str, cases: int) -> None:
        """Note how many of them finished earlier."""
        for count in (self._counts[image, suite], self._all):
            count.over += cases

    def begin(self, task: CaseTask) -> None:
        """Note that a case begins to run."""
        for count in self._of(task):
            count.begin(task.title, self.clock())

    def end(self, task: CaseTask, *, failed: bool) -> str:
        """Note that a case is over; return e.g. ``(2 of 5)``, counted for its image and suite."""
        own, _ = counts = self._of(task)
        for count in counts:
            count.end(task.title, self.clock(), failed=failed)
        return f"({own.over} of {own.cases})"

    def each(self) -> list[tuple[str, str, Count]]:
        """Return the image, the suite and the count of each image on each suite."""
        return [(image, suite, count) for (image, suite), count in self._counts.items()]

    @property
    def whole(self) -> Count:
        """Return the count of all cases together."""
        return self._all

    def rows(self, most: int) -> list[Row]:
        """Return the lines of the view: each image on each suite, and, if several, all together.

        Args:
            most: how many lines there is room for. If there is too little, those under way and
                those that were over last are shown, and the others as one line; if there is hardly
                any, all as one line.
        """
        keys = list(self._counts)
        if len(keys) <= 1:
            return [self._row(key) for key in keys]
        if most < 1 + len(keys):
            keys = self._choose(max(most - 2, 0))
        rows = [self._row(key) for key in keys]
        others = [count for key, count in self._counts.items() if key not in keys]
        if others and most > 1:
            rows.append(Row(f"and {len(others)} more", _together(others)))
        return [*rows, Row("all", self._all)]

    def _choose(self, room: int) -> list[Key]:
        """Return those to show, in their order; half of the room at least is for those over."""
        under_way = [key for key, count in self._counts.items() if count.running]
        over = [key for key, count in self._counts.items() if count.over == count.cases]
        over.sort(key=lambda key: self._counts[key].last_end, reverse=True)
        ended = over[: max(room - len(under_way), room // 2)]
        chosen = {*ended, *under_way[: room - len(ended)]}
        return [key for key in self._counts if key in chosen]

    def _row(self, key: Key) -> Row:
        return Row(self._name(key), self._counts[key], key)

    def _name(self, key: Key) -> str:
        image, suite = key
        has_suites = len({suite for _, suite in self._counts}) > 1
        return f"{image} on {suite}" if has_suites else image

    def _of(self, task: CaseTask) -> tuple[Count, Count]:
        return self._counts[task.image.reference, task.suite], self._all


def _together(counts: Sequence[Count]) -> Count:
    """Return one count for all images without room for a line."""
    return Count(
        cases=sum(count.cases for count in counts),
        over=sum(count.over for count in counts),
        failed=sum(count.failed for count in counts),
        running={title for count in counts for title in count.running},
    )
