"""Scores over the suite and by category, and the mean deltas of perturbations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from runner.errors import UsageError
from runner.scores.estimates import (
    MAXIMUM,
    Estimates,
    estimate_groups,
    replicate,
    weigh_scenarios,
)
from runner.scores.metrics import METRICS, Kind, Metric
from runner.scores.points import (
    PreparedTargets,
    find_all_points,
    number_groups,
    prepare,
)
from runner.scores.policy import ScoringPolicy
from runner.scores.records import KEY
from runner.scores.resampling import Interval, Replicates, Resampling, make_interval

CATEGORIES = ("scenario", "model", "stat", "split", "perturbation")
"""The columns of records by which scores are shown; any other column can be asked for."""

KINDS: tuple[Kind, ...] = ("stat", "binary", "instance")
DEFAULT_POLICY = ScoringPolicy()
WEIGHTED_BY = "scenario"


@dataclass(frozen=True)
class Score:
    """A metric of one group of targets.

    Attributes:
        category: the column that makes the groups, or None over the suite.
        group: the column's value, None for the targets that have none.
        value: None if it can't be computed, and ``reason`` says why.
        low, high: the interval; None if there is none, and ``note`` says why. A note beside an
            interval warns of a weakness.
        targets: how many have an error, and so count in the value.
        missing: how many have no prediction; they count only if the policy gives them an error.
        runs: how many have a target that counts.
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
            bases = {column: _basis(column, policy) for column in by}
            all_points = find_all_points(targets, list(dict.fromkeys(bases.values())))
            for column in by:
                points = all_points[bases[column]]
                if column != bases[column]:
                    points = _weighted_point(points, targets.metrics, policy)
                scores[column] += _score_category(
                    of_kind, targets, column, points, policy, resampling
                )
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


def _score_category(
    records: pl.DataFrame,
    targets: PreparedTargets,
    by: str | None,
    points: Mapping[str | None, Mapping[str, float]],
    policy: ScoringPolicy,
    resampling: Resampling | None,
) -> list[Score]:
    missing = _count_missing(records, by)
    replicates: dict[str | None, dict[str, Replicates]] = {}
    if resampling is not None and not targets.rows.is_empty():
        estimates = _estimates(targets, by, policy)
        replicates = {value: replicate(found, resampling) for value, found in estimates.items()}
    values = [None] if by is None else sorted({*missing, *points}, key=lambda v: (v is None, v))
    groups = [
        _Group(by, value, missing.get(value, 0), points.get(value), replicates.get(value, {}))
        for value in values
    ]
    return [_score(metric, group, resampling) for group in groups for metric in targets.metrics]


@dataclass(frozen=True)
class _Group:
    """What is known of a group; ``point`` is as ``find_points`` has it, None without any error."""

    category: str | None
    value: str | None
    missing: int
    point: Mapping[str, float] | None
    replicates: Mapping[str, Replicates]


def _count_missing(records: pl.DataFrame, by: str | None) -> dict[str | None, int]:
    """Return how many targets of each group have no prediction; groups without any are left out."""
    missing = records.filter(pl.col("predicted_mean").is_null())
    if by is None:
        return {None: missing.height}
    return dict(missing.group_by(by).len().iter_rows())


def _score(metric: Metric, group: _Group, resampling: Resampling | None) -> Score:
    point = group.point
    value = np.nan if point is None else point[metric.name]
    found = group.replicates.get(metric.name)
    interval = Interval(None, None, None)
    if metric.name == MAXIMUM and resampling is not None:
        interval = Interval(None, None, "no resample goes beyond the largest error")
    elif found is not None and resampling is not None:
        interval = make_interval(found, resampling.level)
    reason = metric.undefined if point is not None else "no target has a prediction"
    return Score(
        category=group.category,
        group=group.value,
        metric=metric.name,
        value=None if np.isnan(value) else float(value),
        reason=reason if np.isnan(value) else None,
        low=interval.low,
        high=interval.high,
        note=interval.note,
        targets=0 if point is None else int(point["targets"]),
        missing=group.missing,
        runs=0 if point is None else int(point["runs"]),
    )


def _basis(by: str | None, policy: ScoringPolicy) -> str | None:
    """Return the column whose groups' scores make up the scores of a category.

    It is the category itself, except for the suite if its scenarios have weights.
    """
    return WEIGHTED_BY if by is None and policy.scenario_weights else by


def _weighted_point(
    points: Mapping[str | None, Mapping[str, float]],
    metrics: Sequence[Metric],
    policy: ScoringPolicy,
) -> dict[str | None, dict[str, float]]:
    """Return the weighted mean over scenarios; there is none if a scenario has no value."""
    weights = np.array([_weight(policy, scenario) for scenario in points])
    if not weights.sum():
        return {}
    names = [*(metric.name for metric in metrics), "targets", "runs"]
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
    """Return what computes each group's metrics for resamples of its runs."""
    basis = _basis(by, policy)
    groups, values = number_groups(targets, basis)
    found = estimate_groups(targets.rows, groups, targets.metrics, targets.items)
    if basis != by:
        weights = {number: _weight(policy, value) for number, value in enumerate(values)}
        return {None: weigh_scenarios(found, weights)}
    return {values[number]: group for number, _, group in found}


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
