"""Evaluations of one suite compared in pairs, and the ranks that follow."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runner.scores.policy import ScoringPolicy
from runner.scores.resampling import (
    FEWEST_RUNS,
    Interval,
    Replicates,
    make_interval,
)


@dataclass(frozen=True)
class Comparison:
    """Two evaluations on the same resamples of the suite's runs.

    Attributes:
        difference: the first one's primary metric less the second's.
        interval: of the difference.
        probability_better: the share of resamples in which the first is better, ties by half.
        is_distinct: whether the interval leaves 0 out, from enough runs to tell.
    """

    difference: float
    interval: Interval
    probability_better: float
    is_distinct: bool


def compare(
    first: Replicates, second: Replicates, policy: ScoringPolicy, level: float
) -> Comparison:
    """Return how two evaluations of one suite differ.

    Args:
        first, second: their primary metric, from the same resampling of the same runs.

    Raises:
        ValueError: they are not of the same runs.
    """
    if first.runs != second.runs:
        raise ValueError("evaluations can be paired only on the same runs")
    difference = Replicates(
        first.point - second.point,
        first.resampled - second.resampled,
        first.left_out - second.left_out,
        first.runs,
    )
    interval = make_interval(difference, level)
    sign = 1 if policy.primary_metric.better == "higher" else -1
    values = sign * difference.resampled[~np.isnan(difference.resampled)]
    better = float(((values > 0) + (values == 0) / 2).mean()) if len(values) else 0.5
    return Comparison(
        difference=difference.point,
        interval=interval,
        probability_better=better,
        is_distinct=_leaves_out_zero(interval) and first.runs >= FEWEST_RUNS,
    )


@dataclass(frozen=True)
class RankRange:
    """The places that an evaluation may have: 1-3 is tied with others, 2-2 is told from all."""

    best: int
    worst: int

    def __str__(self) -> str:
        """Return e.g. ``2``, or ``1-3, tied``."""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}, tied"


def rank(comparisons: Sequence[Sequence[Comparison]], policy: ScoringPolicy) -> list[RankRange]:
    """Return each evaluation's range of ranks.

    The best place is behind all that are distinctly better, the worst before all that are
    distinctly worse. Each pair is told apart at the level of its interval; the level is not
    corrected for how many pairs there are.

    Args:
        comparisons: [i][j] compares evaluation i with j.
    """
    sign = 1 if policy.primary_metric.better == "higher" else -1
    ranges = []
    for of_one in comparisons:
        distinct = [sign * each.difference for each in of_one if each.is_distinct]
        worse_than = sum(difference < 0 for difference in distinct)
        better_than = sum(difference > 0 for difference in distinct)
        ranges.append(RankRange(1 + worse_than, len(comparisons) - better_than))
    return ranges


def _leaves_out_zero(interval: Interval) -> bool:
    if interval.low is None or interval.high is None:
        return False
    return interval.low > 0 or interval.high < 0
