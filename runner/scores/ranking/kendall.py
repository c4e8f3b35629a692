"""Kendall's tau: are the models of a scenario ranked right? For the suite, groups and weights."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from runner.scores.formulas import Array, quotient
from runner.scores.ranking.numbering import Numbers, combine, sort_rows
from runner.scores.ranking.ranks import Estimator, bound_cells

MOST_PAIRS = 20_000_000
"""Runs are compared pair by pair; more pairs than this would take too long."""

CELLS_AT_ONCE = 2**16
WEIGHTINGS_AT_ONCE = 500
CELLS_OF_A_PAIR = 0.25
"""A pair's share of the time of another cell: pairs are weighed by a product of matrices."""


@dataclass(frozen=True)
class Items:
    """Targets with a prediction, those of one scenario and stat side by side, to be compared.

    Attributes:
        rows: where each stands in the records.
        group: the number of its scenario and stat, ascending, and within it ``run``, ascending.
        run: the number of its run.
        model: the number of its model.
    """

    rows: NDArray[np.int64]
    group: Numbers
    run: Numbers
    model: Numbers
    predicted: Array
    actual: Array

    @cached_property
    def taus(self) -> Array:
        """Kendall's tau of each group, by its number, NaN where it has none."""
        return kendall_taus(self)

    def weigh(self, shares: Array) -> Array:
        """Return the weight of each group: the mean of its items' shares of their runs.

        Args:
            shares: of all rows of the records.
        """
        count = int(self.group.max(initial=-1)) + 1
        total = np.bincount(self.group, shares[self.rows], count).astype(np.float64)
        return quotient(total, np.bincount(self.group, minlength=count).astype(np.float64))

    def choose(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Items":
        """Return some of the items, or all in another order."""
        return Items(*(getattr(self, field.name)[chosen] for field in fields(Items)))

    def regroup(self, groups: Numbers) -> "Items":
        """Return the items in other groups, each of which lies within one scenario and stat."""
        return replace(self, group=groups).choose(sort_rows(groups))


def arrange_items(
    rows: pl.DataFrame, groups: Numbers, runs: Numbers, models: Numbers
) -> Items | None:
    """Return the records' targets, ready to be compared; None if there are too many pairs.

    Args:
        groups, runs, models: (rows,), the numbers of each row's scenario and stat (which of it,
            if it is an instance's), of its run, and of its model.
    """
    if float((np.bincount(groups).astype(np.float64) ** 2).sum()) > 2 * MOST_PAIRS:
        return None
    order = sort_rows(runs)
    order = order[sort_rows(groups[order])]
    order = order[rows["predicted_mean"].is_not_null().to_numpy()[order]]
    means = (rows[side].to_numpy()[order] for side in ("predicted_mean", "actual_mean"))
    return Items(order, groups[order], runs[order], models[order], *means)


def kendall_taus(items: Items) -> Array:
    """Return Kendall's tau over different models within each group, NaN where it has none."""
    taus = np.full(int(items.group.max(initial=-1)) + 1, np.nan)
    for at in _groups_by_size(items.group):
        for first in range(0, at.shape[1], block := max(1, CELLS_AT_ONCE // len(at))):
            some = at[:, first : first + block]
            model = items.model[some]
            predicted, actual = items.predicted[some], items.actual[some]
            sums = np.zeros((2, some.shape[1]))
            for apart in range(1, len(at)):
                is_same = model[apart:] == model[:-apart]
                one, other = (_signs(of[apart:], of[:-apart]) for of in (predicted, actual))
                other[is_same] = 0
                sums += [each.sum(0) for each in (one * other, other != 0)]
            taus[items.group[some[0]]] = quotient(*sums)
    return taus


def _signs(first: Array, second: Array) -> NDArray[np.int8]:
    """Return 1 where the first is larger, -1 where it is smaller."""
    signs: NDArray[np.int8] = (first > second).view(np.int8) - (first < second).view(np.int8)
    return signs


@dataclass(frozen=True)
class _Comparisons:
    """The pairs of runs of some groups that have the same runs.

    Attributes:
        one, other: (pairs,), the numbers of the runs.
        product: (pairs, groups), the signs of the differences of the predicted and of the actual
            means, multiplied.
        actual: (pairs, groups), 1 where the actual means differ, else 0.
        runs: (runs,), the numbers of all runs.
        shares: (runs, groups), the share of its run that each item has.
    """

    one: Numbers
    other: Numbers
    product: NDArray[np.float32]
    actual: NDArray[np.float32]
    runs: Numbers
    shares: Array

    def weigh(self, weights: Array) -> Array:
        """Return (weightings, groups), the mean of the items' shares over the runs that count."""
        of_runs = weights[:, self.runs]
        return quotient(of_runs @ self.shares, of_runs.sum(1, keepdims=True))


def kendall(items: Items, runs: Numbers, shares: Array) -> Estimator:
    """Return Kendall's tau of predicted and actual over models within a scenario.

    It shows whether the models of a scenario are ranked right. For each scenario and stat: of the
    pairs of runs of different models whose actual means differ, the share that is predicted in the
    right order less the share in the wrong order; a pair with equal predictions is in neither. Then
    the mean over the scenarios and stats that have such pairs, each with the mean share of its run
    that the stat has. No unit, -1 to 1. Source: Somers' (1962) D of the predicted on the actual
    means, ``scipy.stats.somersd``.

    Args:
        runs: (items,), the number of each one's run as the weights have it.
        shares: (items,), the share of its run's weight that each one has.
    """
    compared = list(_compare_pairs(items, runs, shares))
    cells = max((pairs.product.size for pairs in compared), default=1)
    at_once = max(1, min(WEIGHTINGS_AT_ONCE, 16 * CELLS_AT_ONCE // cells))

    def estimate(weights: Array) -> Array:
        total, defined = np.zeros(len(weights)), np.zeros(len(weights))
        small = weights.astype(np.float32)
        for pairs in compared:
            of_pairs = small[:, pairs.one] * small[:, pairs.other]
            taus = quotient((of_pairs @ pairs.product).astype(np.float64), of_pairs @ pairs.actual)
            of_groups = np.where(np.isnan(taus), 0, pairs.weigh(weights))
            total += (np.where(np.isnan(taus), 0, taus) * of_groups).sum(1)
            defined += of_groups.sum(1)
        return quotient(total, defined)

    pairs = sum(pairs.product.size for pairs in compared)
    return bound_cells(estimate, int(pairs * CELLS_OF_A_PAIR), at_once)


def _compare_pairs(items: Items, runs: Numbers, shares: Array) -> Iterator[_Comparisons]:
    """Yield the pairs of different models, group by group; groups with the same runs together."""
    for at in _groups_by_size(items.group):
        patterns = combine(runs[at], at.shape[1])
        order = sort_rows(patterns)
        ends = np.flatnonzero(np.diff(patterns[order])) + 1
        for some in np.split(at[:, order], ends, axis=1):
            model, numbers = items.model[some[:, 0]], runs[some[:, 0]]
            one, other = np.triu_indices(len(at), 1)
            differ = model[one] != model[other]
            one, other = one[differ], other[differ]
            if not len(one):
                continue
            signs = []
            for mean in (items.predicted, items.actual):
                values = mean[some]
                signs.append(_signs(values[one], values[other]).astype(np.float32))
            sides = (signs[0] * signs[1], np.abs(signs[1]))
            yield _Comparisons(numbers[one], numbers[other], *sides, numbers, shares[some])


def _groups_by_size(group: Numbers) -> Iterator[NDArray[np.int64]]:
    """Yield (size, groups) for each size of 2 and more: where the groups' items stand."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    sizes = np.diff(starts, append=len(group))
    for size in np.unique(sizes[sizes > 1]):
        yield starts[sizes == size] + np.arange(size)[:, np.newaxis]
