"""The metrics that stand on the order of targets: Spearman, Kendall, AUROC, for any weights.

Each function takes rows of records and the run that each row belongs to, as a number, and returns
an ``Estimator``. A resample of runs gives every row of a run the run's weight; a row of weight 2
counts as two equal rows, so ranks are those of the resample itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from runner.scores.metrics import Array, quotient

Estimator = Callable[[Array], Array]
"""Weights of (resamples, runs) -> the metric's value for each resample, NaN where undefined; of
very many targets for the first resamples only."""

MOST_PAIRS = 20_000_000
"""Kendall's tau compares runs pair by pair; more pairs than this would take too long."""

SMALL_NUMBERS = 2**16
DENSE = 16
FEWEST_RESAMPLES = 200
MOST_CELLS = 200_000_000
"""A metric of ranks looks at every target in every resample: some seconds for so many cells."""

CELLS_AT_ONCE = 4_000_000
PAIR_KEY = (
    "scenario",
    "stat",
    "split",
    "sub_split",
    "perturbation",
    "instance_id",
    "train_trial_index",
)


def spearman(rows: pl.DataFrame, runs: NDArray[np.int64]) -> Estimator:
    """Return Spearman's correlation of predicted and actual over targets. No unit, -1 to 1.

    Pearson's correlation of the ranks, equal values sharing their mean rank. Source:
    ``scipy.stats.spearmanr``.
    """
    predicted = _midranks(_ties(rows["predicted_mean"]))
    actual = _midranks(_ties(rows["actual_mean"]))

    def estimate(weights: Array) -> Array:
        of_rows = weights[:, runs]
        middle = (of_rows.sum(1, keepdims=True) + 1) / 2
        ranks_predicted = predicted(of_rows) - middle
        ranks_actual = actual(of_rows) - middle
        product = np.einsum("ij,ij,ij->i", of_rows, ranks_predicted, ranks_actual)
        predicted_squares = np.einsum("ij,ij,ij->i", of_rows, ranks_predicted, ranks_predicted)
        actual_squares = np.einsum("ij,ij,ij->i", of_rows, ranks_actual, ranks_actual)
        return quotient(product, np.sqrt(predicted_squares * actual_squares))

    return _in_chunks(estimate, rows.height)


def auroc(rows: pl.DataFrame, runs: NDArray[np.int64]) -> Estimator:
    """Return the area under the ROC curve of stats that are 0 or 1. No unit; 1 is perfect.

    The probability that an actual 1 has a higher prediction than an actual 0, where equal
    predictions count half. Source: scikit-learn ``roc_auc_score``.
    """
    ties = _ties(rows["predicted_mean"])
    order = np.argsort(ties, kind="stable")
    starts = np.flatnonzero(np.diff(ties[order], prepend=-1))
    is_one = (rows["actual_mean"] == 1).to_numpy()[order]
    runs_in_order = runs[order]

    def estimate(weights: Array) -> Array:
        of_rows = weights[:, runs_in_order]
        ones = np.add.reduceat(of_rows * is_one, starts, axis=1)
        zeros = np.add.reduceat(of_rows * ~is_one, starts, axis=1)
        zeros_below = np.cumsum(zeros, axis=1) - zeros
        won = (ones * (zeros_below + zeros / 2)).sum(1)
        return quotient(won, ones.sum(1) * zeros.sum(1))

    return _in_chunks(estimate, rows.height)


@dataclass(frozen=True)
class Items:
    """Targets with a prediction, those of one scenario and stat side by side, to be compared.

    Attributes:
        rows: where each stands in the records.
        group: the number of its scenario and stat, ascending.
        model: the number of its model.
    """

    rows: NDArray[np.int64]
    group: NDArray[np.int64]
    model: NDArray[np.int64]
    predicted: Array
    actual: Array

    @cached_property
    def taus(self) -> Array:
        """Kendall's tau-b of each scenario and stat, by its number."""
        return kendall_taus(self, self.group)


def arrange_items(records: pl.DataFrame) -> Items | None:
    """Return the records' targets, ready to be compared; None if there are too many pairs."""
    groups = number_rows(records, PAIR_KEY)
    order = np.argsort(groups, kind="stable")
    order = order[records["predicted_mean"].is_not_null().to_numpy()[order]]
    if int((np.bincount(groups).astype(np.int64) ** 2).sum()) > 2 * MOST_PAIRS:
        return None
    means = (records[side].to_numpy()[order] for side in ("predicted_mean", "actual_mean"))
    return Items(order, groups[order], number_rows(records, ("model",))[order], *means)


def kendall_taus(items: Items, groups: NDArray[np.int64]) -> Array:
    """Return Kendall's tau-b over different models within each group, NaN where it has none.

    Args:
        groups: (items,), numbers of groups that lie within a scenario and stat each.
    """
    count = int(groups.max(initial=-1)) + 1
    sums = np.zeros((3, count))
    for one, other in _pairs(items):
        predicted = np.sign(items.predicted[one] - items.predicted[other])
        actual = np.sign(items.actual[one] - items.actual[other])
        owners = np.where(groups[one] == groups[other], groups[one], count)
        for number, terms in enumerate((predicted * actual, np.abs(predicted), np.abs(actual))):
            sums[number] += np.bincount(owners, terms, count + 1)[:count]
    return quotient(sums[0], np.sqrt(sums[1] * sums[2]))


def kendall(items: Items, runs: NDArray[np.int64]) -> Estimator:
    """Return Kendall's tau-b of predicted and actual over models within a scenario.

    It tells whether the models of a scenario are ranked right. For each scenario and stat, tau-b
    over the pairs of runs of different models; then the mean over those scenarios and stats in
    which both sides differ. No unit, -1 to 1. Source of tau-b: ``scipy.stats.kendalltau``.
    """
    none = np.empty(0, dtype=np.int64)
    pairs = list(_pairs(items))
    one = np.concatenate([none, *(first for first, _ in pairs)])
    other = np.concatenate([none, *(second for _, second in pairs)])
    order = np.argsort(items.group[one], kind="stable")
    one, other = one[order], other[order]
    starts = np.flatnonzero(np.diff(items.group[one], prepend=-1))
    predicted = np.sign(items.predicted[one] - items.predicted[other])
    actual = np.sign(items.actual[one] - items.actual[other])
    sides = (predicted * actual, np.abs(predicted), np.abs(actual))

    def estimate(weights: Array) -> Array:
        if not len(starts):
            return np.full(len(weights), np.nan)
        of_pairs = weights[:, runs[one]] * weights[:, runs[other]]
        sums = [np.add.reduceat(of_pairs * side, starts, axis=1) for side in sides]
        taus = quotient(sums[0], np.sqrt(sums[1] * sums[2]))
        defined = ~np.isnan(taus)
        return quotient(np.where(defined, taus, 0).sum(1), defined.sum(1).astype(float))

    return _in_chunks(estimate, len(one))


def _pairs(items: Items) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Give all pairs of different models within a group: neighbours, then those 2 apart, ..."""
    largest = int(np.bincount(items.group).max(initial=0)) if len(items.group) else 0
    for distance in range(1, largest):
        same_group = items.group[:-distance] == items.group[distance:]
        one = np.flatnonzero(same_group & (items.model[:-distance] != items.model[distance:]))
        yield one, one + distance


def number_rows(frame: pl.DataFrame, columns: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for each row, from 0, the same for rows that are equal in the columns."""
    numbers = np.zeros(frame.height, dtype=np.int64)
    for column in columns:
        values = frame[column]
        if values.dtype == pl.String:
            values = values.cast(pl.Categorical)
        if values.dtype == pl.Categorical:
            values = values.to_physical()
        codes = values.cast(pl.Int64).fill_null(-1).to_numpy() + 1
        if codes.any():
            numbers = close_gaps(numbers * (int(codes.max()) + 1) + codes)
    return numbers


def close_gaps(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers' places among the distinct ones."""
    if not len(numbers):
        return numbers
    if int(numbers.max()) > DENSE * len(numbers):
        return np.unique(numbers, return_inverse=True)[1]
    is_there = np.zeros(int(numbers.max()) + 1, dtype=np.bool_)
    is_there[numbers] = True
    places: NDArray[np.int64] = (np.cumsum(is_there) - 1)[numbers]
    return places


def _ties(values: pl.Series) -> NDArray[np.int64]:
    """Return the values' place among the distinct ones, from 0."""
    return (values.rank("dense").cast(pl.Int64) - 1).to_numpy()


@dataclass(frozen=True)
class Orders:
    """Targets with a prediction, and what sorts them.

    Attributes:
        rows: where each stands in the records.
        by_predicted, by_actual: the numbers that put each side into ascending order.
    """

    rows: NDArray[np.int64]
    predicted: Array
    actual: Array
    by_predicted: NDArray[np.int64]
    by_actual: NDArray[np.int64]


def sort_targets(records: pl.DataFrame) -> Orders:
    """Return the records' targets that have a prediction, and what sorts them."""
    rows = np.flatnonzero(records["predicted_mean"].is_not_null().to_numpy())
    predicted, actual = (
        records[side].to_numpy()[rows] for side in ("predicted_mean", "actual_mean")
    )
    by_predicted, by_actual = np.argsort(predicted), np.argsort(actual)
    return Orders(rows, predicted, actual, by_predicted, by_actual)


def ranks_within(values: Array, order: NDArray[np.int64], groups: NDArray[np.int64]) -> Array:
    """Return each value's rank within its group, from 1, equal values sharing their mean rank.

    Args:
        order: what sorts the values; the same for every way to group them.
        groups: (values,), the number of each one's group.
    """
    largest = int(groups.max(initial=0))
    if largest:
        keys = groups.astype(np.uint16 if largest < SMALL_NUMBERS else np.int64)[order]
        order = order[np.argsort(keys, kind="stable")]  # for small numbers this is a radix sort
    ordered, of_group = values[order], groups[order]
    is_first = np.empty(len(order), dtype=np.bool_)
    is_first[:1] = True
    is_first[1:] = (ordered[1:] != ordered[:-1]) | (of_group[1:] != of_group[:-1])
    starts = np.flatnonzero(is_first)
    lengths = np.diff(starts, append=len(order))
    sizes = np.bincount(groups)
    offsets = (np.cumsum(sizes) - sizes)[of_group[starts]]
    ranks = np.empty(len(order))
    ranks[order] = np.repeat(starts - offsets + (lengths + 1) / 2, lengths)
    return ranks


def _midranks(ties: NDArray[np.int64]) -> Callable[[Array], Array]:
    """Return what gives each row its rank within each resample, equal values sharing their mean.

    Args:
        ties: (rows,), each value's place among the distinct ones.
    """
    order = np.argsort(ties, kind="stable")
    starts = np.flatnonzero(np.diff(ties[order], prepend=-1))

    def midranks(of_rows: Array) -> Array:
        tied = np.add.reduceat(of_rows[:, order], starts, axis=1)
        found: Array = (np.cumsum(tied, axis=1) - tied + (tied + 1) / 2)[:, ties]
        return found

    return midranks


def _in_chunks(estimate: Estimator, cells_per_resample: int) -> Estimator:
    """Return the estimator with its memory and time bounded: of many targets fewer resamples."""
    at_once = max(1, CELLS_AT_ONCE // max(1, cells_per_resample))
    most = max(FEWEST_RESAMPLES, MOST_CELLS // max(1, cells_per_resample))

    def estimate_all(weights: Array) -> Array:
        weights = weights[:most]
        parts = [estimate(weights[i : i + at_once]) for i in range(0, len(weights), at_once)]
        return np.concatenate(parts)

    return estimate_all
