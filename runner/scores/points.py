"""The value of every metric for every group of targets at once, where all runs weigh the same."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from runner.contract.layout import RUN_NAME
from runner.scores.clusters import Clusters
from runner.scores.estimates import MAXIMUM, ROW_RANKS
from runner.scores.metrics import TERM, Array, Metric, Sums, quotient, sum_terms
from runner.scores.ranking.kendall import Items, arrange_items
from runner.scores.ranking.numbering import (
    Numbers,
    close_gaps,
    combine,
    find_firsts,
    number_in_order,
    number_values,
)
from runner.scores.ranking.ranks import Orders, ranks_within, sort_targets
from runner.scores.records import RUN_COLUMNS

RUN_SPEC_PREFIX = "run_spec."
NAME_COLUMNS = ("stat", "split", "sub_split", "perturbation", "perturbed_by", "computed_on")
"""Parts of a stat's name: there are few names, however many targets."""

COMPARED_WITHIN = (*NAME_COLUMNS, "scenario", "instance_id", "train_trial_index")
"""Kendall's tau compares only targets that are equal in these."""

THREADS = 2
"""More threads hardly help: they would wait for the same memory."""

SHARED_PARTS = ("items", "orders", "by_name", "by_run", "clusters")
"""The parts of prepared targets that the groups of several columns need."""


@dataclass(frozen=True)
class PreparedTargets:
    """The targets of one kind that have an error.

    Attributes:
        rows: their records with ``run``, its number, the absolute error as MAXIMUM, and the
            columns of ``sum_terms``.
        numbers: the results of ``number`` so far.
    """

    metrics: Sequence[Metric]
    rows: pl.DataFrame
    numbers: dict[str, Numbers] = field(default_factory=dict)

    @property
    def runs(self) -> Numbers:
        """The number of each target's run, in the order in which runs come."""
        return self.rows["run"].to_numpy()

    @cached_property
    def firsts(self) -> NDArray[np.int64]:
        """Where the first target of each run stands."""
        return find_firsts(self.runs)

    @cached_property
    def clusters(self) -> Clusters:
        """The scenario and the model of each run."""
        return Clusters.of(self.rows[self.firsts])

    @cached_property
    def names(self) -> Numbers:
        """The number of each target's stat, by its whole name."""
        return combine(map(self.number, NAME_COLUMNS), self.rows.height)

    @cached_property
    def by_run(self) -> pl.DataFrame:
        """A row per run, with the sums of its targets' terms."""
        return _sum(self.rows, self.runs)

    @cached_property
    def by_name(self) -> pl.DataFrame:
        """A row per name of a stat, with the sums of its targets' terms."""
        return _sum(self.rows, self.names)

    @cached_property
    def orders(self) -> Orders | None:
        """The order of the targets with a prediction, if a metric of ranks is wanted."""
        if all(metric.name not in ROW_RANKS for metric in self.metrics):
            return None
        return sort_targets(self.rows)

    @cached_property
    def items(self) -> Items | None:
        """The same, arranged for Kendall's tau, if it is wanted and has not too many pairs."""
        if all(metric.name != "kendall" for metric in self.metrics):
            return None
        stats = (self.names, *map(self.number, ("scenario", "instance_id", "train_trial_index")))
        groups = combine(stats, self.rows.height)
        return arrange_items(self.rows, groups, self.runs, self.number("model"))

    def number(self, column: str) -> Numbers:
        """Return the number of each target's value in a column."""
        if column not in self.numbers:
            values = self.rows[column]
            if is_of_run(column):
                # It is the same in all rows of a run, so it is found once per run.
                self.numbers[column] = number_values(values[self.firsts])[self.runs]
            else:
                self.numbers[column] = number_values(values)
        return self.numbers[column]


def prepare(records: pl.DataFrame, metrics: Sequence[Metric]) -> PreparedTargets:
    """Return what every category's scores are computed from."""
    with_error = records.filter(pl.col("error").is_not_null())
    runs = pl.Series("run", number_in_order(number_values(with_error[RUN_NAME])))
    largest = pl.col("error").abs().alias(MAXIMUM)
    return PreparedTargets(
        metrics, with_error.with_columns(runs, largest, *sum_terms(metrics[0].kind))
    )


def find_all_points(
    targets: PreparedTargets, by: Sequence[str | None]
) -> dict[str | None, dict[str | None, dict[str, float]]]:
    """Return, for each column of ``by``, the points of its groups as ``find_points`` has them."""
    with ThreadPoolExecutor(THREADS) as threads:  # NumPy works without holding the interpreter
        # Computed first, because two columns at once would compute them twice.
        list(threads.map(lambda part: getattr(targets, part), SHARED_PARTS))
        return dict(
            zip(by, threads.map(lambda column: find_points(targets, column), by), strict=True)
        )


def find_points(targets: PreparedTargets, by: str | None) -> dict[str | None, dict[str, float]]:
    """Return for each group that has an error every metric, ``targets``, ``runs`` and so on."""
    groups, values = number_groups(targets, by)
    names = {metric.name for metric in targets.metrics}
    sums = _sum_groups(targets, by, groups)
    totals = Sums(*(sums[TERM + field].to_numpy() for field in Sums._fields))
    found = {m.name: m.value(totals) for m in targets.metrics if m.value is not None}
    found[MAXIMUM] = sums[MAXIMUM].to_numpy()
    found |= _count_clusters(targets, by, groups)
    if targets.orders is not None:
        found |= _rank_points(targets.orders, groups, len(values), names)
    if "kendall" in names:
        found["kendall"] = _kendall_points(targets.items, groups, len(values), by)
    found["targets"] = totals.targets
    return {
        value: {name: float(column[number]) for name, column in found.items()}
        for number, value in enumerate(values)
    }


def number_groups(targets: PreparedTargets, by: str | None) -> tuple[Numbers, list[str | None]]:
    """Return each target's group, by number, and the value of each group."""
    rows = targets.rows
    if by is None:
        return np.zeros(rows.height, dtype=np.int64), [None] if rows.height else []
    groups = targets.number(by)
    if is_of_run(by):
        firsts = targets.firsts[find_firsts(groups[targets.firsts])]
    else:
        firsts = find_firsts(groups)
    return groups, rows[by][firsts].to_list()


def is_of_run(by: str | None) -> bool:
    """Return whether all rows of a run are in one group."""
    return by is None or by in RUN_COLUMNS or by.startswith(RUN_SPEC_PREFIX)


def _sum(rows: pl.DataFrame, groups: Numbers) -> pl.DataFrame:
    """Return a row per group, in the order of their numbers: sums of terms, the largest error."""
    count = int(groups.max(initial=-1)) + 1
    largest = np.zeros(count)
    np.maximum.at(largest, groups, rows[MAXIMUM].to_numpy())
    columns = {MAXIMUM: largest}
    side_by_side = bool((groups[1:] >= groups[:-1]).all())
    starts = np.searchsorted(groups, np.arange(count)) if side_by_side else None
    for name in (TERM + term for term in Sums._fields):
        terms = rows[name].fill_null(0).to_numpy()
        if not terms.any():
            columns[name] = np.zeros(count)
        elif starts is not None:
            columns[name] = np.add.reduceat(terms, starts)
        else:
            columns[name] = np.bincount(groups, terms, count).astype(np.float64)
    return pl.DataFrame(columns)


def _sum_groups(targets: PreparedTargets, by: str | None, groups: Numbers) -> pl.DataFrame:
    """Return a row per group: the sums of the terms, and the largest error."""
    if is_of_run(by):
        return _sum(targets.by_run, groups[targets.firsts])
    if by in NAME_COLUMNS:
        return _sum(targets.by_name, groups[find_firsts(targets.names)])
    return _sum(targets.rows, groups)


def _count_clusters(targets: PreparedTargets, by: str | None, groups: Numbers) -> dict[str, Array]:
    """Return how many runs, scenarios and models each group has."""
    runs = targets.runs
    if is_of_run(by):
        groups, runs = groups[targets.firsts], runs[targets.firsts]
    in_run = close_gaps(groups * len(targets.firsts) + runs)
    firsts = find_firsts(in_run)
    groups, runs = groups[firsts], runs[firsts]
    counts = {"runs": np.bincount(groups).astype(np.float64)}
    for name in ("scenarios", "models"):
        numbers = getattr(targets.clusters, name)[runs]
        pairs = close_gaps(groups * len(targets.firsts) + numbers)
        counts[name] = np.bincount(groups[find_firsts(pairs)]).astype(np.float64)
    return counts


def _rank_points(
    orders: Orders, groups: Numbers, count: int, names: Collection[str]
) -> dict[str, Array]:
    """Return Spearman's correlation or AUROC of each group, NaN where it has none."""
    of_rows = groups if len(orders.rows) == len(groups) else groups[orders.rows]
    predicted, _ = ranks_within(orders.predicted, of_rows, count)
    if "auroc" in names:
        # By the sum of the ranks of the ones (Mann and Whitney), counted from the middle.
        sizes = np.bincount(of_rows, minlength=count).astype(np.float64)
        ones = np.bincount(of_rows, orders.is_one, count).astype(np.float64)
        pairs = ones * (sizes - ones)
        won = np.bincount(of_rows, predicted * orders.is_one, count) + pairs / 2
        return {"auroc": quotient(won, pairs)}
    actual, actual_squares = ranks_within(orders.actual, of_rows, count)
    product = np.bincount(of_rows, predicted * actual, count).astype(np.float64)
    return {"spearman": quotient(product, actual_squares)}


def _kendall_points(items: Items | None, groups: Numbers, count: int, by: str | None) -> Array:
    """Return Kendall's tau of each group: the mean over its scenarios and stats; NaN if none."""
    if items is None or by == "model":  # only different models are compared
        return np.full(count, np.nan)
    if by is not None and by not in COMPARED_WITHIN:
        items = items.regroup(close_gaps(items.group * count + groups[items.rows]))
    defined = ~np.isnan(items.taus)
    owners = groups[items.rows[find_firsts(items.group)]][defined]
    total = np.bincount(owners, items.taus[defined], count).astype(np.float64)
    return quotient(total, np.bincount(owners, minlength=count).astype(np.float64))
