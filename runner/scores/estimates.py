"""Values of metrics for any weights of runs, e.g. without the runs of one scenario."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from runner.scores.metrics import TERM, Array, Metric, Sums, quotient
from runner.scores.ranking.kendall import Items, kendall
from runner.scores.ranking.numbering import Numbers
from runner.scores.ranking.ranks import Estimator, auroc, spearman

ROW_RANKS = {"spearman": spearman, "auroc": auroc}
MAXIMUM = "max_error"


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
    """

    metrics: Sequence[Metric]
    sums: Array
    ranks: Mapping[str, Estimator]

    def estimate(self, weights: Array) -> dict[str, Array]:
        """Return (weightings,) values of each metric, NaN where it has none."""
        totals = Sums(*(weights @ self.sums).T)
        found = {}
        for metric in self.metrics:
            if metric.value is not None:
                found[metric.name] = metric.value(totals)
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
        found = {}
        for name in values[0]:
            of_scenarios = np.stack([value[name] for value in values])
            shares = ~np.isnan(of_scenarios) * np.array([[weight] for weight, _, _ in self.parts])
            weighted = np.where(shares > 0, shares * of_scenarios, 0).sum(0)
            found[name] = quotient(weighted, shares.sum(0))
        return found


def estimate_groups(
    rows: pl.DataFrame,
    groups: Numbers,
    metrics: Sequence[Metric],
    items: Items | None,
) -> Iterator[tuple[int, Numbers, Group]]:
    """Yield each group's number, the numbers of its runs, and its targets.

    Args:
        rows: prepared records; see ``points.prepare``.
        groups: (rows,), the number of each row's group.
        items: what Kendall's tau compares, over all rows.
    """
    rows = rows.with_columns(pl.Series("group", groups))
    sums = rows.group_by("group", "run").agg(pl.col(f"^{TERM}.*$").sum()).sort("group", "run")
    needs_rows = any(metric.name in ROW_RANKS for metric in metrics)
    parts = _by_group(rows.filter(pl.col("predicted_mean").is_not_null())) if needs_rows else {}
    for number, of_group in _by_group(sums).items():
        runs = of_group["run"].to_numpy().astype(np.int64)
        ranks: dict[str, Estimator] = {}
        for name in (metric.name for metric in metrics):
            if name in ROW_RANKS and number in parts:
                numbers = np.searchsorted(runs, parts[number]["run"].to_numpy())
                ranks[name] = ROW_RANKS[name](parts[number], numbers)
            elif name == "kendall" and items is not None:
                of_items = items.choose((groups == number)[items.rows])
                ranks[name] = kendall(of_items, np.searchsorted(runs, of_items.run))
        yield number, runs, Group(metrics, of_group.select(f"^{TERM}.*$").to_numpy(), ranks)


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
