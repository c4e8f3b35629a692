"""Scores over the suite and by category, and the mean deltas of perturbations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from runner.contract.layout import RUN_NAME
from runner.errors import UsageError
from runner.scores.estimates import (
    MAXIMUM,
    ROW_RANKS,
    Estimates,
    estimate_groups,
    replicate,
    weigh_scenarios,
)
from runner.scores.metrics import METRICS, TERM, Array, Kind, Metric, Sums, quotient, sum_terms
from runner.scores.policy import ScoringPolicy
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
from runner.scores.records import KEY, RUN_COLUMNS
from runner.scores.resampling import Interval, Replicates, Resampling, make_interval

CATEGORIES = ("scenario", "model", "stat", "split", "perturbation")
"""The columns of records by which scores are shown; any other column of them serves as well."""

KINDS: tuple[Kind, ...] = ("stat", "binary", "instance")
DEFAULT_POLICY = ScoringPolicy()
WEIGHTED_BY = "scenario"
RUN_SPEC_PREFIX = "run_spec."


@dataclass(frozen=True)
class Score:
    """A metric of one group of targets.

    Attributes:
        category: the column that the group is of, or None over the suite.
        group: the column's value, None for the targets that have none.
        value: None if it can't be computed, and ``reason`` says why.
        low, high: the interval; None if there is none, and ``note`` says why. A note beside an
            interval says what to beware of.
        targets: with an error, so counted in the value.
        missing: without a prediction; ignored but for the errors that the policy puts in.
        runs: that have one of the targets counted.
    """

    category: str | None
    group: str | None
    metric: str
    value: float | None
    reason: str | None
    low: float | None
    high: float | None
    note: str | None
    targets: int
    missing: int
    runs: int


def score_targets(
    records: pl.DataFrame,
    by: Sequence[str | None] = (None,),
    *,
    policy: ScoringPolicy = DEFAULT_POLICY,
    resampling: Resampling | None = None,
    metrics: Collection[str] = tuple(METRICS),
) -> list[Score]:
    """Return every metric of every group, ordered by category, kind of target, group and metric.

    Metrics of a kind of targets that the records don't have are left out.

    Args:
        records: as ``make_records`` returns them.
        by: the columns that divide the targets into groups; None for the suite as a whole, where
            the policy's scenario weights count.
        resampling: how to make intervals; None makes none.
        metrics: the names of those wanted.

    Raises:
        UsageError: the records have no such column.
    """
    for column in by:
        if column is not None and column not in records.columns:
            raise UsageError(f"no column {column!r} in the records: {', '.join(records.columns)}")
    scores: dict[str | None, list[Score]] = {column: [] for column in by}
    for kind in KINDS:
        of_kind = records.filter(pl.col("kind") == kind)
        wanted = [m for m in METRICS.values() if m.kind == kind and m.name in metrics]
        if not of_kind.is_empty() and wanted:
            targets = prepare(of_kind, wanted)
            for column in by:
                scores[column] += _score_category(of_kind, targets, column, policy, resampling)
    return [score for of_column in scores.values() for score in of_column]


def replicate_primary(
    records: pl.DataFrame, policy: ScoringPolicy, resampling: Resampling
) -> Replicates | None:
    """Return the primary metric over the suite with its resamples, or None if it has no value.

    Two evaluations of one suite get the same resamples of its runs, so that they can be paired.
    """
    metric = policy.primary_metric
    targets = prepare(records.filter(pl.col("kind") == metric.kind), [metric])
    if targets.rows.is_empty():
        return None
    (estimates,) = _estimates(targets, None, policy).values()
    return replicate(estimates, resampling).get(metric.name)


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


def _score_category(
    records: pl.DataFrame,
    targets: PreparedTargets,
    by: str | None,
    policy: ScoringPolicy,
    resampling: Resampling | None,
) -> list[Score]:
    group = pl.lit(None, pl.String) if by is None else pl.col(by)
    counts = records.group_by(group.alias("group")).agg(
        pl.col("predicted_mean").null_count().alias("missing")
    )
    weighted = by is None and bool(policy.scenario_weights)
    points = _weighted_point(targets, policy) if weighted else _points(targets, by)
    replicates: dict[str | None, dict[str, Replicates]] = {}
    if resampling is not None and not targets.rows.is_empty():
        estimates = _estimates(targets, by, policy)
        replicates = {value: replicate(found, resampling) for value, found in estimates.items()}
    return [
        _score(metric, by, count, points.get(count["group"]), replicates, resampling)
        for count in counts.sort("group", nulls_last=True).iter_rows(named=True)
        for metric in targets.metrics
    ]


def _score(
    metric: Metric,
    by: str | None,
    count: Mapping[str, Any],
    point: Mapping[str, float] | None,
    replicates: Mapping[str | None, Mapping[str, Replicates]],
    resampling: Resampling | None,
) -> Score:
    value = np.nan if point is None else point[metric.name]
    found = replicates.get(count["group"], {}).get(metric.name)
    interval = Interval(None, None, None)
    if metric.name == MAXIMUM and resampling is not None:
        interval = Interval(None, None, "no resample goes beyond the largest error")
    elif found is not None and resampling is not None:
        interval = make_interval(found, resampling.level)
    reason = metric.undefined if point is not None else "no target has a prediction"
    return Score(
        category=by,
        group=count["group"],
        metric=metric.name,
        value=None if np.isnan(value) else float(value),
        reason=reason if np.isnan(value) else None,
        low=interval.low,
        high=interval.high,
        note=interval.note,
        targets=0 if point is None else int(point["targets"]),
        missing=count["missing"],
        runs=0 if point is None else int(point["runs"]),
    )


def _points(targets: PreparedTargets, by: str | None) -> dict[str | None, dict[str, float]]:
    """Return, for each group that has an error, every metric, ``targets`` and ``runs``."""
    groups, values = _number_groups(targets.rows, by)
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


def _is_of_run(by: str | None) -> bool:
    """Return whether all rows of a run are in one group."""
    return by is None or by in RUN_COLUMNS or by.startswith(RUN_SPEC_PREFIX)


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


def _weighted_point(
    targets: PreparedTargets, policy: ScoringPolicy
) -> dict[str | None, dict[str, float]]:
    """Return the weighted mean over scenarios; a scenario without a value leaves none to it."""
    points = _points(targets, WEIGHTED_BY)
    weights = np.array([_weight(policy, scenario) for scenario in points])
    if not weights.sum():
        return {}
    names = [*(metric.name for metric in targets.metrics), "targets", "runs"]
    columns = {name: np.array([point[name] for point in points.values()]) for name in names}
    found = {
        name: float(np.where(weights > 0, weights * column, 0).sum() / weights.sum())
        for name, column in columns.items()
    }
    whole = {name: float(columns[name].sum()) for name in ("targets", "runs")}
    return {None: {**found, **whole, MAXIMUM: float(columns.get(MAXIMUM, np.zeros(1)).max())}}


def _weight(policy: ScoringPolicy, scenario: str | None) -> float:
    return policy.scenario_weights.get(str(scenario), 1.0)


def _estimates(
    targets: PreparedTargets, by: str | None, policy: ScoringPolicy
) -> dict[str | None, Estimates]:
    """Return what gives each group's metrics a value for resamples of its runs."""
    weighted = by is None and bool(policy.scenario_weights)
    groups, values = _number_groups(targets.rows, WEIGHTED_BY if weighted else by)
    found = estimate_groups(targets.rows, groups, targets.metrics, targets.items)
    if weighted:
        weights = {number: _weight(policy, value) for number, value in enumerate(values)}
        return {None: weigh_scenarios(found, weights)}
    return {values[number]: group for number, _, group in found}


def _number_groups(
    rows: pl.DataFrame, by: str | None
) -> tuple[NDArray[np.int64], list[str | None]]:
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


def mean_deltas(records: pl.DataFrame) -> pl.DataFrame:
    """Return how much each perturbation changes a stat, as predicted and in fact.

    A delta is the stat computed on the perturbed instances less the one computed on the original
    versions of the same instances, of one run. HELM computes both for every perturbation.

    Returns:
        One row per perturbation, stat and split: perturbed_by, stat, split, pairs (of stats that
        are both predicted), missing (pairs that are not), predicted_delta and actual_delta (means
        over the pairs, null if there are none), and error, the first less the second.
    """
    sides = [*(column for column in KEY if column != "perturbation"), "perturbed_by"]
    means = ("predicted_mean", "actual_mean")
    stats = records.filter(pl.col("kind") == "stat")
    perturbed, original = (
        stats.filter(pl.col("computed_on") == computed_on).select(*sides, *means)
        for computed_on in ("perturbed", "original")
    )
    both = perturbed.join(original, on=sides, suffix="_original", nulls_equal=True)
    is_pair = pl.all_horizontal(pl.col("predicted_mean", "predicted_mean_original").is_not_null())
    deltas = [
        (pl.col(mean) - pl.col(f"{mean}_original")).filter(is_pair).mean().alias(f"{side}_delta")
        for mean, side in zip(means, ("predicted", "actual"), strict=True)
    ]
    return (
        both.group_by("perturbed_by", "stat", "split")
        .agg(is_pair.sum().alias("pairs"), (~is_pair).sum().alias("missing"), *deltas)
        .with_columns((pl.col("predicted_delta") - pl.col("actual_delta")).alias("error"))
        .sort("perturbed_by", "stat", "split")
    )
