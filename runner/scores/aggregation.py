"""Scores over the suite, by category, and at each budget."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import UsageError
from runner.scores.clusters import Clusters, Interval, Replicates, make_interval, replicate
from runner.scores.estimates import Estimates, estimate_groups, weigh_scenarios
from runner.scores.metrics import MAXIMUM, METRICS, Kind, Metric
from runner.scores.points import find_all_points
from runner.scores.policy import ScoringPolicy
from runner.scores.prepared_targets import (
    RUN_SPEC_PREFIX,
    PreparedTargets,
    Value,
    group_targets,
    prepare,
)
from runner.scores.records import BUDGET
from runner.scores.score import Score
from runner.scores.suite_wide import SuiteWide, arrange_suite
from runner.scores.weights import weigh

CATEGORIES = ("scenario", "model", "stat", "split", "perturbation")
"""The columns of records by which scores are shown; any other column can be asked for."""

KINDS: tuple[Kind, ...] = ("stat", "binary", "instance")
DEFAULT_POLICY = ScoringPolicy.model_construct()  # its own values need no check
WEIGHTED_BY = "scenario"
TOTAL_WEIGHT = "total weight"
"""Of the scenarios of a point; only a point of weighted scenarios has it."""

COUNTS = ("runs", "scenarios", "models")


def score_targets(
    records: pl.DataFrame,
    by: Sequence[str | None] = (None,),
    *,
    policy: ScoringPolicy = DEFAULT_POLICY,
    intervals: bool = False,
    metrics: Collection[str] = tuple(METRICS),
) -> list[Score]:
    """Return every metric of every group, ordered by category, kind of target, group and metric.

    Metrics of a kind of targets that the records don't have are left out.

    Args:
        records: as ``make_records`` returns them.
        by: the columns that divide the targets into groups; None for the suite as a whole, where
            the policy's scenario weights count.
        intervals: whether to make them; it takes longer than all else.
        metrics: the names of those wanted.

    Raises:
        UsageError: the records have no such column.
    """
    for column in by:
        if column is not None and column not in records.columns:
            raise UsageError(f"no column {column!r} in the records: {', '.join(records.columns)}")
    scores: dict[str | None, list[Score]] = {column: [] for column in by}
    records = _without_specs(records, by)
    for kind in KINDS:
        of_kind = records.filter(pl.col("kind") == kind)
        wanted = _choose(kind, metrics)
        of_suite = _choose("suite", metrics) if kind == "stat" and None in by else []
        if of_kind.is_empty() or not (wanted or of_suite):
            continue
        counted = weigh(of_kind, policy)
        targets = prepare(counted, wanted or of_suite, policy)
        if wanted:
            bases = {column: _basis(column, policy) for column in by}
            all_points = find_all_points(targets, list(dict.fromkeys(bases.values())))
            for column in by:
                points = all_points[bases[column]]
                if column != bases[column]:
                    points = _weighted_point(points, targets, policy)
                missing = _count_missing(counted, column)
                scores[column] += _score_category(
                    missing, targets, column, points, policy, intervals=intervals
                )
        if of_suite:
            suite_wide = arrange_suite(targets, of_kind, [metric.name for metric in of_suite])
            (missing_in_all,) = _count_missing(counted, None).values()
            scores[None] += _score_suite(suite_wide, missing_in_all, intervals=intervals)
    return [score for of_column in scores.values() for score in of_column]


def score_budgets(
    records: pl.DataFrame,
    policy: ScoringPolicy,
    *,
    intervals: bool,
    metrics: Collection[str] = tuple(METRICS),
) -> list[Score]:
    """Return every metric over the suite at each budget, the smallest first; none for one budget.

    The category is ``budget``, the group how many instances are revealed.
    """
    budgets = sorted(records[BUDGET].drop_nulls().unique())
    if len(budgets) < 2:  # noqa: PLR2004
        return []
    records = _without_specs(records, ())
    return [
        replace(score, category=BUDGET, group=str(budget))
        for budget in budgets
        for score in score_targets(
            records.filter(pl.col(BUDGET) == budget),
            policy=policy,
            intervals=intervals,
            metrics=metrics,
        )
    ]


def _without_specs(records: pl.DataFrame, by: Collection[str | None]) -> pl.DataFrame:
    """Return the records without the columns of run specs that make no groups: there are many."""
    return records.drop(
        name
        for name in records.columns
        if name.startswith(RUN_SPEC_PREFIX) and name != RUN_NAME and name not in by
    )


def _choose(kind: Kind, names: Collection[str]) -> list[Metric]:
    return [m for m in METRICS.values() if m.kind == kind and m.name in names]


def replicate_primary(records: pl.DataFrame, policy: ScoringPolicy) -> Replicates | None:
    """Return the primary metric over the suite with its replicates, or None if it has no value."""
    return replicate_groups(records, None, policy).get(None)


def replicate_groups(
    records: pl.DataFrame, by: str | None, policy: ScoringPolicy
) -> dict[Value, Replicates]:
    """Return each group's primary metric with its replicates; those without a value are left out.

    Those of two evaluations of one suite are of the same clusters, so that they can be paired.

    Args:
        by: the column that makes the groups; None for the suite as a whole.
    """
    metric = policy.primary_metric
    of_kind = _without_specs(records, (by,)).filter(pl.col("kind") == metric.targets)
    targets = prepare(weigh(of_kind, policy), [metric], policy)
    if targets.rows.is_empty():
        return {}
    parts: Mapping[Value, tuple[Estimates, Clusters]]
    if metric.kind == "suite":
        suite_wide = arrange_suite(targets, of_kind, [metric.name])
        parts = {None: (suite_wide, suite_wide.clusters)} if by is None else {}
    else:
        parts = _estimates(targets, by, policy)
    found = {value: replicate(part.estimate, clusters) for value, (part, clusters) in parts.items()}
    return {value: each[metric.name] for value, each in found.items() if metric.name in each}


def _score_category(
    missing: Mapping[Value, int],
    targets: PreparedTargets,
    by: str | None,
    points: Mapping[Value, Mapping[str, float]],
    policy: ScoringPolicy,
    *,
    intervals: bool,
) -> list[Score]:
    replicates: dict[Value, dict[str, Replicates]] = {}
    if intervals and not targets.rows.is_empty():
        replicates = {
            value: replicate(estimates.estimate, clusters)
            for value, (estimates, clusters) in _estimates(targets, by, policy).items()
        }
    values = [None] if by is None else sorted({*missing, *points}, key=lambda v: (v is None, v))
    groups = [
        _Group(by, value, missing.get(value, 0), points.get(value), replicates.get(value, {}))
        for value in values
    ]
    return [
        _score(metric, group, intervals=intervals) for group in groups for metric in targets.metrics
    ]


def _score_suite(suite_wide: SuiteWide, missing: int, *, intervals: bool) -> list[Score]:
    """Return the metrics of the suite as a whole."""
    if not suite_wide.targets:
        return []
    found = replicate(suite_wide.estimate, suite_wide.clusters) if intervals else {}
    group = _Group(None, None, missing, suite_wide.point(), found)
    return [_score(METRICS[name], group, intervals=intervals) for name in suite_wide.parts]


@dataclass(frozen=True)
class _Group:
    """What is known of a group; ``point`` is as ``find_points`` has it, None without any error."""

    category: str | None
    value: Value
    missing: int
    point: Mapping[str, float] | None
    replicates: Mapping[str, Replicates]


def _count_missing(records: pl.DataFrame, by: str | None) -> dict[Value, int]:
    """Return how many targets of each group have no prediction; groups without any are left out."""
    missing = records.filter(pl.col("predicted_mean").is_null())
    if by is None:
        return {None: missing.height}
    return dict(missing.group_by(by).len().iter_rows())


def _score(metric: Metric, group: _Group, *, intervals: bool) -> Score:
    point = group.point
    value = np.nan if point is None else point[metric.name]
    found = group.replicates.get(metric.name)
    interval = Interval(None, None, None)
    if metric.name == MAXIMUM and intervals:
        interval = Interval(None, None, "the largest error of other runs can't be estimated")
    elif found is not None:
        interval = make_interval(found, metric.bounds)
    is_known = bool(np.isfinite(value))
    reason = metric.undefined if point is not None else "no target has a prediction"
    if point is not None and point.get(TOTAL_WEIGHT) == 0:
        reason = "no scenario with a weight above 0 has a prediction"
    if np.isinf(value) or not reason:
        reason = "it is too large to be computed"
    return Score(
        category=group.category,
        group=None if group.value is None else str(group.value),
        metric=metric.name,
        value=float(value) if is_known else None,
        reason=None if is_known else reason,
        low=interval.low,
        high=interval.high,
        note=interval.note,
        targets=0 if point is None else int(point["targets"]),
        missing=group.missing,
        **{name: 0 if point is None else int(point[name]) for name in COUNTS},
    )


def _basis(by: str | None, policy: ScoringPolicy) -> str | None:
    """Return the column whose groups' scores make up the scores of a category.

    It is the category itself, except for the suite if its scenarios have weights.
    """
    return WEIGHTED_BY if by is None and policy.scenario_weights else by


def _weighted_point(
    points: Mapping[Value, Mapping[str, float]],
    targets: PreparedTargets,
    policy: ScoringPolicy,
) -> dict[Value, dict[str, float]]:
    """Return the weighted mean over the scenarios that have a value."""
    if not points:
        return {}
    weights = np.array([_weight(policy, scenario) for scenario in points])
    names = [*(metric.name for metric in targets.metrics), "targets", *COUNTS]
    columns = {name: np.array([point[name] for point in points.values()]) for name in names}
    found = {}
    for metric in targets.metrics:
        values = columns[metric.name]
        shares = np.where(np.isnan(values), 0, weights)
        weighted = np.where(shares > 0, shares * values, 0).sum()
        found[metric.name] = float(weighted / shares.sum()) if shares.sum() else np.nan
    whole = {name: float(columns[name].sum()) for name in ("targets", "runs", "scenarios")}
    whole["models"] = float(len(set(targets.clusters.models)))
    whole[TOTAL_WEIGHT] = float(weights.sum())
    return {None: {**found, **whole, MAXIMUM: float(columns.get(MAXIMUM, np.zeros(1)).max())}}


def _weight(policy: ScoringPolicy, scenario: Value) -> float:
    return policy.scenario_weights.get(str(scenario), 1.0)


def _estimates(
    targets: PreparedTargets, by: str | None, policy: ScoringPolicy
) -> dict[Value, tuple[Estimates, Clusters]]:
    """Return what computes each group's metrics for weights of its runs, and their clusters."""
    basis = _basis(by, policy)
    grouping = group_targets(targets, basis)
    values = grouping.values
    found = estimate_groups(
        targets.rows,
        grouping.groups,
        grouping.shares,
        targets.metrics,
        targets.items,
        normalises=targets.normalises,
    )
    if basis != by:
        weights = {number: _weight(policy, value) for number, value in enumerate(values)}
        return {None: (weigh_scenarios(found, weights), targets.clusters)}
    return {values[number]: (group, targets.clusters.choose(runs)) for number, runs, group in found}
