"""Evaluations of one suite compared in pairs, and the ranks that follow."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runner.scores.clusters import Replicates, few_clusters, jackknife_error
from runner.scores.formulas import Array
from runner.scores.policy import ScoringPolicy
from runner.scores.rank_range import RankRange
from runner.scores.score import LEVEL

ROWS_AT_ONCE = 256
"""How many evaluations are compared with all at once: of many the tables would fill the memory."""

CANCELLED = 1e-6
"""Below this share of what it is the difference of, a difference has lost too many digits."""


@dataclass(frozen=True)
class Comparisons:
    """Every evaluation compared with every other; [i, j] compares i with j.

    Attributes:
        probabilities: for the pair alone, how probable it is that i is the better one: Student's t
            of the difference. 0.5 if they don't differ.
        is_distinct: whether i and j differ, in such a way that all statements of the table
            together hold at the level.
        is_better: whether i's score is better than j's.
        differences: i's score less j's, in the metric's own unit.
        errors: the standard error of each difference, NaN where it has none.
        degrees: degrees of freedom of Student's t; 0 if no difference has an error.
        note: what makes the intervals weak, if anything.
    """

    probabilities: Array
    is_distinct: NDArray[np.bool_]
    is_better: NDArray[np.bool_]
    differences: Array
    errors: Array
    degrees: int
    note: str | None

    def difference(self, first: int, second: int) -> "Difference":
        """Return the first's score less the second's, with its interval for this pair alone."""
        value, error = self.differences[first, second], self.errors[first, second]
        low = high = None
        if self.degrees and not np.isnan(error):
            from scipy.special import stdtrit  # noqa: PLC0415  (slow, as below)

            half = float(stdtrit(self.degrees, 0.5 + LEVEL / 2) * error)
            low, high = float(value - half), float(value + half)
        probability = float(self.probabilities[first, second])
        return Difference(float(value), low, high, probability, self.note)


@dataclass(frozen=True)
class Difference:
    """One evaluation's score less another's on the same runs, in the metric's own unit.

    Attributes:
        low, high: the interval at ``LEVEL``; None if there is none.
        probability_better: that the first is the better one.
        note: what makes the interval weak, or why there is none.
    """

    value: float
    low: float | None
    high: float | None
    probability_better: float
    note: str | None


NO_INTERVAL = "one scenario and one model: no interval"


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
    t, errors = np.zeros((count, count)), np.zeros((count, count))
    for first in range(0, count, ROWS_AT_ONCE):
        some = slice(first, first + ROWS_AT_ONCE)
        difference = sign * (points[some, np.newaxis] - points)
        errors[some] = standard_error(*(pair_errors(factor, some) for factor in factors))
        with np.errstate(divide="ignore", invalid="ignore"):
            t[some] = difference / errors[some]
        t[some][(np.abs(difference) <= policy.tolerance) | np.isnan(errors[some])] = 0
    degrees = max((each.degrees for each in evaluations), default=0)
    if not degrees:
        t[:] = 0
    from scipy.special import stdtr  # noqa: PLC0415  (slow, most commands compare nothing)

    probabilities: Array = stdtr(max(degrees, 1), t)
    differences = points[:, np.newaxis] - points
    return Comparisons(
        probabilities=probabilities,
        is_distinct=_distinct(probabilities),
        is_better=sign * differences > 0,
        differences=differences,
        errors=errors,
        degrees=degrees,
        note=few_clusters(evaluations[0]) if degrees else NO_INTERVAL,
    )


def standard_error(scenarios: Array, models: Array, pairs: Array) -> Array:
    """Return the standard error that follows from those of scenarios, of models and of pairs.

    Scenarios and models cross: their variances less that of their pairs, and at least the larger
    one of the two. Source: Cameron, Gelbach and Miller (2011), Journal of Business & Economic
    Statistics 29.
    """
    crossed = scenarios**2 + models**2 - pairs**2
    error: Array = np.maximum(np.maximum(scenarios, models), np.sqrt(np.maximum(crossed, 0)))
    return error


def pair_errors(left_out: Array, some: slice) -> Array:
    """Return the jackknife's standard error of the differences of some entries from every one.

    It is that of ``jackknife_error``, from one product of matrices: a difference's squares are both
    entries' own less twice their product. Where those nearly cancel, each difference is computed.

    Args:
        left_out: (entries, clusters), the values without each cluster in turn.
    """
    count = left_out.shape[1]
    if count == 0:
        return np.zeros((len(left_out[some]), len(left_out)))
    off = left_out - left_out.mean(1, keepdims=True)
    size = np.abs(off).max(1)
    size[size == 0] = 1
    unit = off / size[:, np.newaxis]  # their squares fit a number, however large the values are
    own = np.einsum("ij,ij->i", unit, unit)
    larger = np.maximum.outer(size[some], size)
    one, other = size[some, np.newaxis] / larger, size / larger
    both = one**2 * own[some, np.newaxis] + other**2 * own
    squares = both - 2 * one * other * (unit[some] @ unit.T)
    error: Array = larger * np.sqrt((count - 1) / count * np.maximum(squares, 0))
    cancels = squares < CANCELLED * both
    for row, of_row in enumerate(left_out[some]):
        at = cancels[row]
        error[row, at] = jackknife_error(of_row - left_out[at])
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
