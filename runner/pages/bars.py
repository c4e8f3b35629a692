"""Scores drawn as points with intervals; all rows of a table share a scale from 0 to 100."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from runner.scores.aggregation import Score


@dataclass(frozen=True)
class Scale:
    """The smallest and the largest drawn value, in the metric's own unit."""

    low: float
    high: float

    @classmethod
    def of(cls, scores: Iterable[Score]) -> Self:
        """Return the scale that holds every value, every interval, and 0."""
        ends = [
            e for score in scores for e in (score.value, score.low, score.high) if e is not None
        ]
        return cls(min(0.0, *ends, 0.0), max(0.0, *ends, 0.0))

    def place(self, value: float | None) -> float | None:
        """Return where a value is, from 0 to 100."""
        if value is None:
            return None
        width = self.high - self.low
        return round(100 * (value - self.low) / width, 2) if width else 50.0


@dataclass(frozen=True)
class Bar:
    """Where a score and its interval are drawn; None for a missing one."""

    value: float | None
    low: float | None
    high: float | None
    zero: float | None

    @classmethod
    def of(cls, score: Score, scale: Scale) -> Self:
        """Return the bar of a score."""
        places = map(scale.place, (score.value, score.low, score.high, 0.0))
        return cls(*places)
