"""The metrics that depend on the order of targets: Spearman and AUROC, for any weights of runs.

Each function takes rows of records, the run that each row belongs to, as a number, and the share of
its run's weight that it has, and returns an ``Estimator``. A row of weight 2 counts as two equal
rows, one of weight 0 is left out, so ranks are those of the remaining rows. Equal predictions count
as if they were put in order at random: who can't tell two targets apart gains nothing by saying so.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from runner.scores.formulas import Array, quotient
from runner.scores.ranking.numbering import Numbers, shorten, sort_rows

Estimator = Callable[[Array], Array]
"""Weights of (weightings, runs) -> the metric's value for each weighting, NaN where undefined."""

MOST_CELLS = 2_000_000_000
"""A metric of ranks looks at every target in every weighting. So many cells take half a minute; of
more it gives no values, so that there is no interval."""

CELLS_AT_ONCE = 2**17
"""As many as fit a processor's cache."""


@dataclass(frozen=True)
class Side:
    """One side of targets in ascending order.

    Attributes:
        order: what sorts the targets.
        ties: (targets,), in that order: the rank of each one's value among the distinct values.
        ends: where the last of each of the distinct values stands in that order.
    """

    order: NDArray[np.int64]
    ties: NDArray[np.int32]
    ends: NDArray[np.int64]


def sort_side(values: Array) -> Side:
    """Return what sorts the values, and where equal ones end."""
    order = np.argsort(values)
    ordered = values[order]
    is_last = np.append(ordered[1:] != ordered[:-1], True)[: len(order)]
    ties = np.cumsum(is_last, dtype=np.int32) - is_last
    return Side(order, ties, np.flatnonzero(is_last))


def spearman(rows: pl.DataFrame, runs: Numbers, shares: Array) -> Estimator:
    """Return Spearman's correlation of predicted and actual over targets. No unit, -1 to 1.

    The sum of the products of the ranks, counted from their middle, equal values sharing their mean
    rank; divided by what predictions in the right order have. Source: ``scipy.stats.spearmanr``,
    which is the same where no values are equal.
    """
    predicted, actual = (
        sort_side(rows[side].to_numpy()) for side in ("predicted_mean", "actual_mean")
    )
    # In the order of the predicted side, so that its values are side by side in memory.
    actual_ties = np.empty_like(actual.ties)
    actual_ties[actual.order] = actual.ties
    at = (predicted.ties, actual_ties[predicted.order])
    predicted_at, actual_at = (ties.astype(np.int64) for ties in at)
    in_predicted, in_actual = (runs[side.order] for side in (predicted, actual))
    of_predicted, of_actual = (shares[side.order] for side in (predicted, actual))

    def estimate(weights: Array) -> Array:
        of_rows = weights.take(in_predicted, axis=1) * of_predicted
        predicted_ranks, _ = _rank(of_rows, predicted.ends)
        in_order = weights.take(in_actual, axis=1) * of_actual
        actual_ranks, actual_squares = _rank(in_order, actual.ends)
        if len(predicted.ends) < len(predicted_at):
            predicted_ranks = predicted_ranks.take(predicted_at, axis=1)
        actual_ranks = actual_ranks.take(actual_at, axis=1)
        product = np.einsum("ij,ij,ij->i", of_rows, predicted_ranks, actual_ranks)
        return quotient(product, actual_squares)

    return bound_cells(estimate, rows.height)


def _rank(in_order: Array, ends: NDArray[np.int64]) -> tuple[Array, Array]:
    """Return the ranks of the distinct values in each weighting, and the sum of their squares.

    Ranks are counted from the middle one, equal values sharing their mean rank.

    Args:
        in_order: (weightings, rows), the weights in the order of the values.
    """
    ranks, tied = np.cumsum(in_order, axis=1), in_order
    if len(ends) < in_order.shape[1]:
        ranks = ranks.take(ends, axis=1)
        tied = ranks.copy()
        tied[:, 1:] -= ranks[:, :-1]
    ranks -= ranks[:, -1:] / 2
    ranks -= tied / 2
    return ranks, np.einsum("ij,ij,ij->i", tied, ranks, ranks)


def auroc(rows: pl.DataFrame, runs: Numbers, shares: Array) -> Estimator:
    """Return the area under the ROC curve of stats that are 0 or 1. No unit; 1 is perfect.

    The probability that an actual 1 has a higher prediction than an actual 0, where equal
    predictions count half. Source: scikit-learn ``roc_auc_score``.
    """
    predicted = sort_side(rows["predicted_mean"].to_numpy())
    is_one = (rows["actual_mean"] == 1).to_numpy()[predicted.order]
    in_order, of_order = runs[predicted.order], shares[predicted.order]

    def estimate(weights: Array) -> Array:
        of_rows = weights.take(in_order, axis=1) * of_order
        ones_up_to = np.cumsum(of_rows * is_one, axis=1).take(predicted.ends, axis=1)
        zeros_up_to = np.cumsum(of_rows * ~is_one, axis=1).take(predicted.ends, axis=1)
        ones, zeros = (np.diff(up_to, axis=1, prepend=0) for up_to in (ones_up_to, zeros_up_to))
        won = np.einsum("ij,ij->i", ones, zeros_up_to - zeros / 2)
        return quotient(won, ones_up_to[:, -1] * zeros_up_to[:, -1])

    return bound_cells(estimate, rows.height)


def bound_cells(
    estimate: Estimator, cells_per_weighting: int, at_once: int | None = None
) -> Estimator:
    """Return the estimator with bounded memory and time."""
    cells = max(1, cells_per_weighting)
    at_once = at_once or max(1, CELLS_AT_ONCE // cells)

    def estimate_all(weights: Array) -> Array:
        if len(weights) > 1 and len(weights) * cells > MOST_CELLS:
            return np.full(len(weights), np.nan)
        if len(weights) <= at_once:
            return estimate(weights)
        parts = (weights[i : i + at_once] for i in range(0, len(weights), at_once))
        with ThreadPoolExecutor() as threads:  # NumPy does its work without the interpreter
            return np.concatenate(list(threads.map(estimate, parts)))

    return estimate_all


@dataclass(frozen=True)
class Orders:
    """Targets with a prediction; ``rows`` says where each stands in the records."""

    rows: NDArray[np.int64]
    is_one: NDArray[np.bool_]
    predicted: Side
    actual: Side


def sort_targets(records: pl.DataFrame) -> Orders:
    """Return the records' targets that have a prediction, and what sorts them."""
    rows = np.flatnonzero(records["predicted_mean"].is_not_null().to_numpy())
    predicted, actual = (
        records[side].to_numpy()[rows] for side in ("predicted_mean", "actual_mean")
    )
    return Orders(rows, actual == 1, sort_side(predicted), sort_side(actual))


def ranks_within(side: Side, groups: Numbers, count: int, weights: Array) -> tuple[Array, Array]:
    """Return each target's rank within its group, and each group's weighted sum of their squares.

    A rank is the weight of all that is below, counted from the middle of the group's; equal values
    share their mean rank.

    Args:
        groups: (targets,), the number of each one's group, below ``count``.
        weights: (targets,).
    """
    order, ties = side.order, side.ties
    sizes = np.bincount(groups, minlength=count)
    starts = np.cumsum(sizes) - sizes
    if count > 1:
        by_group = sort_rows(shorten(groups).take(order))
        order, ties = order.take(by_group), ties.take(by_group)
    is_last = np.append(ties[1:] != ties[:-1], True)[: len(order)]
    is_last[(starts + sizes - 1)[sizes > 0]] = True
    ends = np.flatnonzero(is_last)
    values_of_group = np.diff(np.searchsorted(ends, starts), append=len(ends))
    owners = np.repeat(np.arange(count), values_of_group)
    up_to = np.cumsum(weights.take(order)).take(ends)
    tied = np.diff(up_to, prepend=0)
    totals = np.bincount(owners, tied, count)
    below = np.cumsum(totals) - totals
    of_values = up_to - below.take(owners) - tied / 2 - totals.take(owners) / 2
    # One value alone is in the middle; that its rank is not exactly 0 is rounding.
    of_values[(values_of_group == 1).take(owners)] = 0
    squares = np.bincount(owners, tied * of_values**2, count).astype(np.float64)
    ranks = np.empty(len(order))
    lengths = np.diff(ends, prepend=-1)
    ranks[order] = of_values if len(ends) == len(order) else np.repeat(of_values, lengths)
    return ranks, squares


ROW_RANKS = {"spearman": spearman, "auroc": auroc}
"""The metrics of ranks that are estimated from rows of targets, by name."""
