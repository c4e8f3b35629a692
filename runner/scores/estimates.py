"""Values of metrics for any weights of runs, e.g. without the runs of one scenario."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from runner.scores.formulas import FORMULAS, TERM, Array, Sums, quotient
from runner.scores.metrics import SKILLS, Metric
from runner.scores.ranking.kendall import Items, kendall
from runner.scores.ranking.numbering import Numbers, close_gaps, find_firsts
from runner.scores.ranking.ranks import ROW_RANKS, Estimator
from runner.scores.weights import STAT_WEIGHT


class Estimates(Protocol):
    """Computes the value of each metric for any weights of its runs."""

    def estimate(self, weights: Array) -> dict[str, Array]:
        """Return (weightings,) values of each metric for weights of (weightings, runs).

        NaN where a metric has no value.
        """


@dataclass(frozen=True)
class Group:
    """Targets of one kind that have an error.

    Attributes:
        sums: (runs, fields of ``Sums``).
        ranks: the metrics of ``ranks.py`` that can be computed.
        by_stat: each stat's weight and sums, if skills are means over stats; else empty.
    """

    metrics: Sequence[Metric]
    sums: Array
    ranks: Mapping[str, Estimator]
    by_stat: Sequence[tuple[float, Array]]

    def estimate(self, weights: Array) -> dict[str, Array]:
        """Return (weightings,) values of each metric, NaN where it has none."""
        totals = Sums(*(weights @ self.sums).T)
        found = {}
        for metric in self.metrics:
            formula = FORMULAS.get(metric.name)
            if formula is not None and metric.name in SKILLS and self.by_stat:
                skills = [formula(Sums(*(weights @ sums).T)) for _, sums in self.by_stat]
                found[metric.name] = _mean_of_defined(
                    np.stack(skills), [weight for weight, _ in self.by_stat]
                )
            elif formula is not None:
                found[metric.name] = formula(totals)
            elif metric.name in self.ranks:
                found[metric.name] = self.ranks[metric.name](weights)
            else:
                found[metric.name] = np.full(len(weights), np.nan)
        return found


@dataclass(frozen=True)
class WeightedScenarios:
    """The scenarios of a suite, each with its weight, the numbers of its runs, and its targets."""

    parts: Sequence[tuple[float, Numbers, Group]]

    def estimate(self, weights: Array) -> dict[str, Array]:
        """Return the weighted means over the scenarios that have a value."""
        values = [group.estimate(weights[:, runs]) for _, runs, group in self.parts]
        of_parts = [weight for weight, _, _ in self.parts]
        return {
            name: _mean_of_defined(np.stack([value[name] for value in values]), of_parts)
            for name in values[0]
        }


def _mean_of_defined(values: Array, weights: Sequence[float]) -> Array:
    """Return the weighted mean over the first axis, of the values that are defined."""
    shares = ~np.isnan(values) * np.array(weights)[:, np.newaxis]
    weighted = np.where(shares > 0, shares * values, 0).sum(0)
    return quotient(weighted, shares.sum(0))


def estimate_groups(
    rows: pl.DataFrame,
    groups: Numbers,
    shares: Array,
    metrics: Sequence[Metric],
    items: Items | None,
    *,
    normalises: bool,
) -> Iterator[tuple[int, Numbers, Group]]:
    """Yield each group's number, the numbers of its runs, and its targets.

    Args:
        rows: prepared records; see ``points.prepare``.
        groups: (rows,), the number of each row's group.
        shares: (rows,), what it weighs within its run there.
        items: what Kendall's tau compares, over all rows.
        normalises: whether skills are means over stats.
    """
    rows = rows.with_columns(pl.Series("group", groups), pl.Series("share", shares))
    of_stats = _sum_stats(rows, groups) if normalises else {}
    needs_rows = any(metric.name in ROW_RANKS for metric in metrics)
    parts = _by_group(rows.filter(pl.col("predicted_mean").is_not_null())) if needs_rows else {}
    for number, (runs, sums) in _sum_runs(rows, groups).items():
        ranks: dict[str, Estimator] = {}
        for name in (metric.name for metric in metrics):
            if name in ROW_RANKS and number in parts:
                numbers = np.searchsorted(runs, parts[number]["run"].to_numpy())
                of_rows = parts[number]["share"].to_numpy()
                ranks[name] = ROW_RANKS[name](parts[number], numbers, of_rows)
            elif name == "kendall" and items is not None:
                of_items = items.choose((groups == number)[items.rows])
                numbers = np.searchsorted(runs, of_items.run)
                ranks[name] = kendall(of_items, numbers, shares[of_items.rows])
        by_stat = [
            (weight, _spread(*of_stat, runs)) for weight, of_stat in of_stats.get(number, ())
        ]
        yield number, runs, Group(metrics, sums, ranks, by_stat)


def _sum_runs(rows: pl.DataFrame, owners: Numbers) -> dict[int, tuple[Numbers, Array]]:
    """Return the runs of each owner of rows, in order, and the (runs, fields) sums of their terms.

    NumPy adds in the order of the rows. Sums by Polars differ in the last digit from call to call.
    """
    if rows.is_empty():
        return {}
    runs, share = rows["run"].to_numpy().astype(np.int64), rows["share"].to_numpy()
    cells = close_gaps(owners * (int(runs.max(initial=0)) + 1) + runs)
    terms = rows.select(pl.col(TERM + field for field in Sums._fields).fill_null(0))
    sums = np.zeros((int(cells.max()) + 1, len(Sums._fields)))
    for number, of_rows in enumerate(map(pl.Series.to_numpy, terms)):
        if of_rows.any():
            sums[:, number] = np.bincount(cells, of_rows * share)
    firsts = find_firsts(cells)
    starts = np.flatnonzero(np.diff(owners[firsts], prepend=-1))
    parts = zip(np.split(runs[firsts], starts[1:]), np.split(sums, starts[1:]), strict=True)
    return dict(zip(map(int, owners[firsts][starts]), parts, strict=True))


def _sum_stats(
    rows: pl.DataFrame, groups: Numbers
) -> dict[int, list[tuple[float, tuple[Numbers, Array]]]]:
    """Return, by group, the weight of each stat, and the runs that have it with their sums."""
    of_cell = pl.col("weight") / pl.col("weight").sum().over("group", "stat", "run")
    stats = rows["stat"].rank("dense").to_numpy().astype(np.int64)  # by name, in every process
    owners = close_gaps(groups * (int(stats.max(initial=0)) + 1) + stats)
    firsts, weights = find_firsts(owners), rows[STAT_WEIGHT]
    found: dict[int, list[tuple[float, tuple[Numbers, Array]]]] = {}
    for owner, of_stat in _sum_runs(rows.with_columns(of_cell.alias("share")), owners).items():
        first = int(firsts[owner])
        found.setdefault(int(groups[first]), []).append((weights[first], of_stat))
    return found


def _spread(runs_with_it: Numbers, sums: Array, runs: Numbers) -> Array:
    """Return (runs, fields), with zeros for the runs that don't have the stat."""
    spread = np.zeros((len(runs), len(Sums._fields)))
    spread[np.searchsorted(runs, runs_with_it)] = sums
    return spread


def weigh_scenarios(
    groups: Iterator[tuple[int, Numbers, Group]], weights: Mapping[int, float]
) -> WeightedScenarios:
    """Return the scenarios with their weights, their runs numbered over the suite."""
    found = list(groups)
    runs = np.unique(np.concatenate([of_group for _, of_group, _ in found]))
    return WeightedScenarios(
        [
            (weights[number], np.searchsorted(runs, of_group), group)
            for number, of_group, group in found
        ]
    )


def _by_group(frame: pl.DataFrame) -> dict[int, pl.DataFrame]:
    parts = frame.partition_by("group", as_dict=True, maintain_order=True)
    return {int(number): part for (number,), part in parts.items()}
