"""The metrics of a suite as a whole: of its models, its perturbations and its budgets.

Each compares what HELM and others make of many stats, e.g. a model's mean over scenarios, so it has
no value by category. Weights of scenarios don't count in them. Every metric is computed for any
weights of the runs, so that intervals and ranks follow as for the others.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from runner.contract.layout import RUN_NAME
from runner.scores.clusters import Clusters
from runner.scores.deltas import delta_errors
from runner.scores.formulas import Array, quotient
from runner.scores.prepared_targets import PreparedTargets
from runner.scores.ranking.model_table import ModelTable
from runner.scores.ranking.ranks import Estimator


@dataclass(frozen=True)
class SuiteWide:
    """The metrics that a suite has, for any weights of its runs.

    Attributes:
        parts: what estimates each metric.
        targets: how many targets the suite has.
    """

    parts: Mapping[str, Estimator]
    clusters: Clusters
    targets: int

    def estimate(self, weights: Array) -> dict[str, Array]:
        """Return (weightings,) values of each metric, NaN where it has none."""
        return {name: part(weights) for name, part in self.parts.items()}

    def point(self) -> dict[str, float]:
        """Return each metric where all runs weigh the same, and how many targets and runs count."""
        runs = len(self.clusters.scenarios)
        values = {name: float(each[0]) for name, each in self.estimate(np.ones((1, runs))).items()}
        counts = {
            "targets": self.targets,
            "runs": runs,
            "scenarios": int(self.clusters.scenarios.max(initial=-1)) + 1,
            "models": int(self.clusters.models.max(initial=-1)) + 1,
        }
        return {**values, **counts}


def arrange_suite(
    targets: PreparedTargets, records: pl.DataFrame, wanted: Collection[str]
) -> SuiteWide:
    """Return the wanted metrics, without those of perturbations or budgets if there are none.

    Args:
        targets: the stats of runs that count.
        records: all records of stats of runs.
    """
    parts: dict[str, Estimator] = {}
    if "model_rank" in wanted or "win_rate_error" in wanted:
        table = ModelTable.of(targets)
        if "model_rank" in wanted:
            parts["model_rank"] = table.model_rank()
        if "win_rate_error" in wanted:
            parts["win_rate_error"] = table.win_rate_error()
    deltas = delta_errors(records) if "delta_mae" in wanted else None
    if deltas is not None and not deltas.is_empty():
        parts["delta_mae"] = _mean_over_runs(targets, deltas)
    budgets = _Budgets.of(targets) if "budget_area" in wanted else None
    if budgets is not None:
        parts["budget_area"] = budgets.area
    return SuiteWide(parts, targets.clusters, targets.rows.height)


def _mean_over_runs(targets: PreparedTargets, of_runs: pl.DataFrame) -> Estimator:
    """Return the weighted mean of a value that some of the runs have."""
    names = targets.rows[RUN_NAME][targets.firsts]
    values = names.to_frame().join(of_runs, on=RUN_NAME, how="left", maintain_order="left")
    error = values["error"].to_numpy()
    is_there = ~np.isnan(error)

    def estimate(weights: Array) -> Array:
        return quotient(weights @ np.where(is_there, error, 0), weights @ is_there)

    return estimate


@dataclass(frozen=True)
class _Budgets:
    """The error of each run at each budget.

    Attributes:
        places: (budgets,), log2 of 1 + the number of revealed instances, ascending.
        errors: (runs, budgets), the mean absolute error of the run's targets; NaN without any.
    """

    places: Array
    errors: Array

    @classmethod
    def of(cls, targets: PreparedTargets) -> "_Budgets | None":
        """Return them, or None if there are not two budgets."""
        budgets = targets.rows["budget"]
        known = budgets.drop_nulls().unique().sort().to_numpy()
        if len(known) < 2:  # noqa: PLR2004
            return None
        at = np.flatnonzero(budgets.is_not_null().to_numpy())
        number = np.searchsorted(known, budgets.drop_nulls().to_numpy())
        cell = targets.runs[at] * len(known) + number
        weight = targets.rows["weight"].to_numpy()[at]
        absolute = targets.rows["error"].abs().to_numpy()[at]
        count = len(targets.firsts) * len(known)
        sums = np.bincount(cell, weight * absolute, count).astype(np.float64)
        means = quotient(sums, np.bincount(cell, weight, count).astype(np.float64))
        return cls(np.log2(1 + known.astype(np.float64)), means.reshape(-1, len(known)))

    def area(self, weights: Array) -> Array:
        """Return the area under the error over the budget, in log2 of 1 + instances, by its width.

        The mean error over the budgets' range, in the stat's own unit: the trapezoid rule between
        the budgets. The MAE at a budget is the mean over its runs.
        """
        is_there = ~np.isnan(self.errors)
        curve = quotient(weights @ np.where(is_there, self.errors, 0), weights @ is_there)
        width = np.diff(self.places)
        found: Array = (curve[:, 1:] + curve[:, :-1]) / 2 @ width / width.sum()
        return found
