"""Evaluations of one suite compared in pairs, and the ranks that follow."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runner.scores.metrics import Array
from runner.scores.policy import ScoringPolicy
from runner.scores.resampling import (
    FEWEST_RUNS,
    Replicates,
    make_interval,
)


@dataclass(frozen=True)
class Comparison:
    """Two evaluations on the same resamples of the suite's runs.

    Attributes:
        difference: the first one's primary metric less the second's.
        probability_better: the share of resamples in which the first is better, ties by half.
        is_distinct: whether the difference's interval excludes 0, and there are enough runs.
    """

    difference: float
    probability_better: float
    is_distinct: bool

    def reversed(self) -> "Comparison":
        """Return the comparison of the second with the first."""
        return Comparison(-self.difference, 1 - self.probability_better, self.is_distinct)


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
    sign = 1 if policy.primary_metric.better == "higher" else -1
    values = sign * difference.resampled[~np.isnan(difference.resampled)]
    better = float(((values > 0) + (values == 0) / 2).mean()) if len(values) else 0.5
    is_distinct = first.runs >= FEWEST_RUNS and _leaves_out_zero(difference, values, level)
    return Comparison(difference.point, better, is_distinct)


def compare_all(
    evaluations: Sequence[Replicates], policy: ScoringPolicy, level: float
) -> list[list[Comparison]]:
    """Return how every evaluation compares with every other: [i][j] compares i with j."""
    with_itself = Comparison(0.0, 0.5, is_distinct=False)
    table = [[with_itself] * len(evaluations) for _ in evaluations]
    for (i, first), (j, second) in itertools.combinations(enumerate(evaluations), 2):
        table[i][j] = compare(first, second, policy, level)
        table[j][i] = table[i][j].reversed()
    return table


@dataclass(frozen=True)
class RankRange:
    """The places that an evaluation may have: 1-3 is tied with others, 2-2 is distinct."""

    best: int
    worst: int

    def __str__(self) -> str:
        """Return e.g. ``2``, or ``1-3, tied``."""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}, tied"


def rank(comparisons: Sequence[Sequence[Comparison]], policy: ScoringPolicy) -> list[RankRange]:
    """Return each evaluation's range of ranks.

    The best place is behind all that are distinctly better, the worst before all that are
    distinctly worse. Each pair is compared at the level of its interval; the level is not corrected
    for how many pairs there are.

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


def _leaves_out_zero(difference: Replicates, values: Array, level: float) -> bool:
    """Return whether the interval of a difference excludes 0.

    Args:
        values: the resampled differences that have a value, with either sign.
    """
    if len(values) == len(difference.resampled) and (values.min() > 0 or values.max() < 0):
        return True  # then every quantile is too; true of most pairs
    interval = make_interval(difference, level)
    if interval.low is None or interval.high is None:
        return False
    return interval.low > 0 or interval.high < 0
