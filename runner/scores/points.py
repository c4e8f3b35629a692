"""The value of every metric for every group of targets at once, where all runs weigh the same."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from runner.scores.formulas import FORMULAS, TERM, Array, Sums, quotient
from runner.scores.metrics import MAXIMUM, SKILLS
from runner.scores.prepared_targets import (
    COMPARED_WITHIN,
    Columns,
    Grouping,
    PreparedTargets,
    Value,
    group_targets,
    is_of_run,
    sum_within,
)
from runner.scores.ranking.kendall import Items
from runner.scores.ranking.numbering import close_gaps, find_firsts
from runner.scores.ranking.ranks import Orders, ranks_within
from runner.scores.weights import STAT_WEIGHT

THREADS = 2
"""More threads hardly help: they would wait for the same memory."""

FEWEST_FOR_THREADS = 10_000
"""Targets. To start threads for fewer takes longer than the work."""

SHARED_PARTS = ("items", "orders", "by_run", "clusters")
"""The parts of prepared targets that the groups of several columns need."""


def find_all_points(
    targets: PreparedTargets, by: Sequence[str | None]
) -> dict[str | None, dict[Value, dict[str, float]]]:
    """Return, for each column of ``by``, the points of its groups as ``find_points`` has them."""
    if targets.rows.height < FEWEST_FOR_THREADS:
        return {column: find_points(targets, column) for column in by}
    with ThreadPoolExecutor(THREADS) as threads:  # NumPy works without holding the interpreter
        # Computed first, because two columns at once would compute them twice.
        list(threads.map(lambda part: getattr(targets, part), SHARED_PARTS))
        return dict(
            zip(by, threads.map(lambda column: find_points(targets, column), by), strict=True)
        )


def find_points(targets: PreparedTargets, by: str | None) -> dict[Value, dict[str, float]]:
    """Return for each group that has an error every metric, ``targets``, ``runs`` and so on."""
    grouping = group_targets(targets, by)
    groups, values = grouping.groups, grouping.values
    names = {metric.name for metric in targets.metrics}
    sums = _sum_groups(targets, by, grouping)
    totals = _totals(sums)
    found = {m.name: FORMULAS[m.name](totals) for m in targets.metrics if m.name in FORMULAS}
    found[MAXIMUM] = sums[MAXIMUM]
    found |= _count_clusters(targets, grouping)
    if targets.normalises:
        found |= {
            m.name: _mean_skills(targets, FORMULAS[m.name], grouping)
            for m in targets.metrics
            if m.name in SKILLS
        }
    if targets.orders is not None:
        found |= _rank_points(targets.orders, grouping, names)
    if "kendall" in names:
        found["kendall"] = _kendall_points(targets.items, grouping, by)
    found["targets"] = np.bincount(groups, minlength=len(values)).astype(np.float64)
    return {
        value: {name: float(column[number]) for name, column in found.items()}
        for number, value in enumerate(values)
    }


def _totals(sums: Columns) -> Sums:
    return Sums(*(sums[TERM + field] for field in Sums._fields))


def _sum_groups(targets: PreparedTargets, by: str | None, grouping: Grouping) -> Columns:
    """Return each group's largest error, and the sums of its terms."""
    if is_of_run(by):
        of_runs = grouping.groups[targets.firsts]
        return sum_within(targets.by_run, of_runs, np.ones(len(of_runs)))
    return sum_within(targets.terms, grouping.groups, grouping.shares)


def _mean_skills(
    targets: PreparedTargets, skill: Callable[[Sums], Array], grouping: Grouping
) -> Array:
    """Return the weighted mean of the stats' skills in each group, of those that have a value."""
    stats = targets.number("stat")
    of_stats = close_gaps(grouping.groups * (int(stats.max(initial=0)) + 1) + stats)
    cells = close_gaps(of_stats * len(targets.firsts) + targets.runs)
    values = skill(_totals(sum_within(targets.terms, of_stats, targets.share(cells))))
    firsts = find_firsts(of_stats)
    weights = np.where(np.isnan(values), 0, targets.rows[STAT_WEIGHT].to_numpy()[firsts])
    owners, count = grouping.groups[firsts], len(grouping.values)
    total = np.bincount(owners, weights * np.nan_to_num(values), count).astype(np.float64)
    return quotient(total, np.bincount(owners, weights, count).astype(np.float64))


def _count_clusters(targets: PreparedTargets, grouping: Grouping) -> dict[str, Array]:
    """Return how many runs, scenarios and models each group has."""
    firsts = find_firsts(grouping.cells)
    groups, runs = grouping.groups[firsts], targets.runs[firsts]
    counts = {"runs": np.bincount(groups).astype(np.float64)}
    for name in ("scenarios", "models"):
        numbers = getattr(targets.clusters, name)[runs]
        pairs = close_gaps(groups * len(targets.firsts) + numbers)
        counts[name] = np.bincount(groups[find_firsts(pairs)]).astype(np.float64)
    return counts


def _rank_points(orders: Orders, grouping: Grouping, names: Collection[str]) -> dict[str, Array]:
    """Return Spearman's correlation or AUROC of each group, NaN where it has none."""
    groups, count = grouping.groups[orders.rows], len(grouping.values)
    shares = grouping.shares[orders.rows]
    predicted, _ = ranks_within(orders.predicted, groups, count, shares)
    if "auroc" in names:
        # By the sum of the ranks of the ones (Mann and Whitney), counted from the middle.
        sizes = np.bincount(groups, shares, count).astype(np.float64)
        ones = np.bincount(groups, shares * orders.is_one, count).astype(np.float64)
        pairs = ones * (sizes - ones)
        won = np.bincount(groups, shares * predicted * orders.is_one, count) + pairs / 2
        return {"auroc": quotient(won, pairs)}
    actual, actual_squares = ranks_within(orders.actual, groups, count, shares)
    product = np.bincount(groups, shares * predicted * actual, count).astype(np.float64)
    return {"spearman": quotient(product, actual_squares)}


def _kendall_points(items: Items | None, grouping: Grouping, by: str | None) -> Array:
    """Return Kendall's tau of each group: the mean over its scenarios and stats; NaN if none."""
    groups, count = grouping.groups, len(grouping.values)
    if items is None or by == "model":  # only different models are compared
        return np.full(count, np.nan)
    if by is not None and by not in COMPARED_WITHIN:
        items = items.regroup(close_gaps(items.group * count + groups[items.rows]))
    weights = np.where(np.isnan(items.taus), 0, items.weigh(grouping.shares))
    owners = groups[items.rows[find_firsts(items.group)]]
    total = np.bincount(owners, weights * np.nan_to_num(items.taus), count).astype(np.float64)
    return quotient(total, np.bincount(owners, weights, count).astype(np.float64))
