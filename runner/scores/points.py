"""The value of every metric for every group of targets at once, where all runs weigh the same."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from runner.contract.layout import RUN_NAME
from runner.scores.estimates import MAXIMUM, ROW_RANKS
from runner.scores.metrics import TERM, Array, Metric, Sums, quotient, sum_terms
from runner.scores.ranks import (
    PAIR_KEY,
    Items,
    Orders,
    arrange_items,
    close_gaps,
    kendall_taus,
    number_rows,
    ranks_within,
    sort_targets,
)
from runner.scores.records import RUN_COLUMNS

RUN_SPEC_PREFIX = "run_spec."


@dataclass(frozen=True)
class PreparedTargets:
    """The targets of one kind that have an error.

    Attributes:
        rows: their records with ``run``, a number, the absolute error as MAXIMUM, and the columns
            of ``sum_terms``.
        items: the same, arranged for Kendall's tau, if that is wanted and not too much.
    """

    metrics: Sequence[Metric]
    rows: pl.DataFrame
    items: Items | None

    @cached_property
    def firsts(self) -> NDArray[np.int64]:
        """Where the first target of each run stands."""
        firsts: NDArray[np.int64] = np.unique(self.rows["run"].to_numpy(), return_index=True)[1]
        return firsts

    @cached_property
    def by_run(self) -> pl.DataFrame:
        """A row per run, with the sums of its targets' terms."""
        terms = (pl.col(f"^{TERM}.*$").sum(), pl.col(MAXIMUM).max())
        return self.rows.group_by("run").agg(*terms).sort("run")

    @cached_property
    def orders(self) -> Orders:
        """What sorts those with a prediction, for the metrics of ranks."""
        return sort_targets(self.rows)


def prepare(records: pl.DataFrame, metrics: Sequence[Metric]) -> PreparedTargets:
    """Return what every category's scores are made of."""
    with_error = records.filter(pl.col("error").is_not_null())
    runs = number_rows(with_error, (RUN_NAME,))
    largest = pl.col("error").abs().alias(MAXIMUM)
    texts = pl.col(pl.String).cast(pl.Categorical)  # once: groups are told apart by numbers
    rows = with_error.with_columns(
        texts, pl.Series("run", runs), largest, *sum_terms(metrics[0].kind)
    )
    items = arrange_items(rows) if any(metric.name == "kendall" for metric in metrics) else None
    return PreparedTargets(metrics, rows, items)


def find_points(targets: PreparedTargets, by: str | None) -> dict[str | None, dict[str, float]]:
    """Return, for each group that has an error, every metric, ``targets`` and ``runs``."""
    groups, values = number_groups(targets.rows, by)
    names = {metric.name for metric in targets.metrics}
    sums = _sum_groups(targets, by, groups)
    totals = Sums(*(sums[TERM + field].to_numpy() for field in Sums._fields))
    found = {m.name: m.value(totals) for m in targets.metrics if m.value is not None}
    for name in (MAXIMUM, "runs"):
        found[name] = sums[name].cast(pl.Float64).to_numpy()
    if names & ROW_RANKS.keys():
        found |= _rank_points(targets.orders, groups, len(values), names)
    if "kendall" in names:
        found["kendall"] = _kendall_points(targets.items, groups, len(values), by)
    found["targets"] = totals.targets
    return {
        value: {name: float(column[number]) for name, column in found.items()}
        for number, value in enumerate(values)
    }


def number_groups(rows: pl.DataFrame, by: str | None) -> tuple[NDArray[np.int64], list[str | None]]:
    """Return each row's group, by number, and the value of each group."""
    if by is None:
        return np.zeros(rows.height, dtype=np.int64), [None] if rows.height else []
    if _is_of_run(by):
        # It is the same in all rows of a run: found once for each.
        runs = rows["run"].to_numpy()
        of_runs = rows[by][np.unique(runs, return_index=True)[1]].to_frame()
        groups = number_rows(of_runs, (by,))
        firsts = np.unique(groups, return_index=True)[1]
        return groups[runs], of_runs[by][firsts].to_list()
    groups = number_rows(rows, (by,))
    firsts = np.unique(groups, return_index=True)[1]
    return groups, rows[by][firsts].to_list()


def _is_of_run(by: str | None) -> bool:
    """Return whether all rows of a run are in one group."""
    return by is None or by in RUN_COLUMNS or by.startswith(RUN_SPEC_PREFIX)


def _sum_groups(
    targets: PreparedTargets, by: str | None, groups: NDArray[np.int64]
) -> pl.DataFrame:
    """Return a row per group: the sums of the terms, the largest error, and ``runs``."""
    rows = targets.rows
    if _is_of_run(by):
        rows, groups = targets.by_run, groups[targets.firsts]
    return (
        rows.select("run", MAXIMUM, f"^{TERM}.*$", pl.Series("group", groups))
        .group_by("group")
        .agg(
            pl.col(f"^{TERM}.*$").sum(),
            pl.col(MAXIMUM).max(),
            pl.col("run").n_unique().alias("runs"),
        )
        .sort("group")
    )


def _rank_points(
    orders: Orders, groups: NDArray[np.int64], count: int, names: Collection[str]
) -> dict[str, Array]:
    """Return Spearman's correlation or AUROC of each group, NaN where it has none."""
    of_rows = groups[orders.rows]
    predicted = ranks_within(orders.predicted, orders.by_predicted, of_rows)
    if "auroc" in names:
        return {"auroc": _auroc_points(predicted, orders.actual == 1, of_rows, count)}
    actual = ranks_within(orders.actual, orders.by_actual, of_rows)
    sizes = np.bincount(of_rows, minlength=count).astype(np.float64)
    middle = (sizes / 2 + 0.5)[of_rows]
    predicted_off, actual_off = predicted - middle, actual - middle
    product, predicted_squares, actual_squares = (
        np.bincount(of_rows, terms, count).astype(np.float64)
        for terms in (predicted_off * actual_off, predicted_off**2, actual_off**2)
    )
    return {"spearman": quotient(product, np.sqrt(predicted_squares * actual_squares))}


def _auroc_points(
    ranks: Array, is_one: NDArray[np.bool_], groups: NDArray[np.int64], count: int
) -> Array:
    """Return each group's AUROC by the sum of the ranks of the ones (Mann and Whitney)."""
    sizes = np.bincount(groups, minlength=count).astype(np.float64)
    ones = np.bincount(groups, is_one, count).astype(np.float64)
    won = np.bincount(groups, ranks * is_one, count) - ones * (ones + 1) / 2
    return quotient(won, ones * (sizes - ones))


def _kendall_points(
    items: Items | None, groups: NDArray[np.int64], count: int, by: str | None
) -> Array:
    """Return Kendall's tau of each group: the mean over its scenarios and stats; NaN if none."""
    if items is None:
        return np.full(count, np.nan)
    of_items = groups[items.rows]
    is_whole = by is None or by in PAIR_KEY
    parts = items.group if is_whole else close_gaps(items.group * count + of_items)
    taus = items.taus if is_whole else kendall_taus(items, parts)
    owners = np.zeros(len(taus), dtype=np.int64)
    owners[parts] = of_items
    defined = ~np.isnan(taus)
    total = np.bincount(owners[defined], taus[defined], count).astype(np.float64)
    return quotient(total, np.bincount(owners[defined], minlength=count).astype(np.float64))
