"""Evaluations of one suite compared in pairs, and the ranks that follow."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from runner.scores.clusters import LEVEL, Replicates, jackknife_error
from runner.scores.metrics import Array
from runner.scores.policy import ScoringPolicy


@dataclass(frozen=True)
class Comparisons:
    """Every evaluation compared with every other; [i, j] compares i with j.

    Attributes:
        probabilities: for the pair alone, how probable it is that i is the better one: Student's t
            of the difference. 0.5 if they don't differ.
        is_distinct: whether i and j differ, in such a way that all statements of the table
            together hold at the level.
        is_better: whether i's score is better than j's.
    """

    probabilities: Array
    is_distinct: NDArray[np.bool_]
    is_better: NDArray[np.bool_]


def compare_all(evaluations: Sequence[Replicates], policy: ScoringPolicy) -> Comparisons:
    """Compare the primary metric of each pair of evaluations, on the same runs.

    Args:
        evaluations: the primary metric of each.

    Raises:
        ValueError: they are not of the same scenarios and models.
    """
    count = len(evaluations)
    sizes = {tuple(map(len, (e.scenarios, e.models, e.pairs))) for e in evaluations}
    if len(sizes) > 1:
        raise ValueError("evaluations can be paired only on the same runs")
    points = np.array([each.point for each in evaluations])
    factors = [
        np.stack([getattr(each, name) for each in evaluations]) if evaluations else np.empty((0, 0))
        for name in ("scenarios", "models", "pairs")
    ]
    sign = 1 if policy.primary_metric.better == "higher" else -1
    t = np.zeros((count, count))
    for i in range(count):
        difference = sign * (points[i] - points)
        error = standard_error(*(factor[i] - factor for factor in factors))
        with np.errstate(divide="ignore", invalid="ignore"):
            t[i] = difference / error
        t[i, (np.abs(difference) <= policy.tolerance) | np.isnan(error)] = 0
    degrees = max((each.degrees for each in evaluations), default=0)
    if not degrees:
        t[:] = 0
    probabilities: Array = stdtr(max(degrees, 1), t)
    is_better = sign * (points[:, np.newaxis] - points) > 0
    return Comparisons(probabilities, _distinct(probabilities), is_better)


def standard_error(scenarios: Array, models: Array, pairs: Array) -> Array:
    """Return the standard error of values without each cluster in turn, over the last axis.

    Scenarios and models cross: their variances less that of their pairs, and at least the larger
    one of the two. Source: Cameron, Gelbach and Miller (2011), Journal of Business & Economic
    Statistics 29.
    """
    of_scenarios, of_models, of_pairs = map(jackknife_error, (scenarios, models, pairs))
    crossed = of_scenarios**2 + of_models**2 - of_pairs**2
    error: Array = np.maximum(np.maximum(of_scenarios, of_models), np.sqrt(np.maximum(crossed, 0)))
    return error


def _distinct(probabilities: Array) -> NDArray[np.bool_]:
    """Return which pairs differ, so that with the level's probability no statement is wrong.

    Source: Holm (1979), Scandinavian Journal of Statistics 6.
    """
    one, other = np.triu_indices(len(probabilities), 1)
    two_sided = 2 * np.minimum(probabilities[one, other], 1 - probabilities[one, other])
    order = np.argsort(two_sided)
    allowed = (1 - LEVEL) / np.arange(len(order), 0, -1)
    holds = np.logical_and.accumulate(two_sided[order] <= allowed)
    found = np.zeros(probabilities.shape, dtype=bool)
    found[one[order[holds]], other[order[holds]]] = True
    return found | found.T


@dataclass(frozen=True)
class RankRange:
    """The places that an evaluation may have: 1-3 is tied with others, 2-2 is distinct."""

    best: int
    worst: int

    def __str__(self) -> str:
        """Return e.g. ``2``, or ``1-3, tied``."""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}, tied"


def rank(comparisons: Comparisons) -> list[RankRange]:
    """Return each evaluation's range of ranks. All of them together hold at the level.

    The best place is behind all that are distinctly better, the worst before all that are
    distinctly worse. Source: Mogstad, Romano, Shaikh and Wilhelm (2024), The Review of Economic
    Studies 91.
    """
    better_than = (comparisons.is_distinct & comparisons.is_better).sum(1)
    worse_than = (comparisons.is_distinct & ~comparisons.is_better).sum(1)
    count = len(comparisons.is_distinct)
    return [
        RankRange(1 + int(worse), count - int(better))
        for worse, better in zip(worse_than, better_than, strict=True)
    ]
