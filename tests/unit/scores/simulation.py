"""Evaluations whose truth is known, because they are drawn: scenarios and models that cross."""

from typing import Any

import numpy as np
import scipy.stats

from runner.scores.clusters import Clusters, Replicates, replicate
from runner.scores.formulas import Array
from tests.records_builder import target

SPREAD = 0.2


def simulate(
    random: np.random.Generator,
    scenarios: int,
    models: int,
    shares: tuple[float, float, float] = (0.2, 0.2, 0.6),
    offset: float = 0.0,
) -> Array:
    """Return (scenarios, models) errors; shares of their variance are the scenario's and so on."""
    of_scenario, of_model, rest = SPREAD * np.sqrt(shares)
    errors: Array = (
        random.normal(offset, of_scenario, (scenarios, 1))
        + random.normal(0, of_model, (1, models))
        + random.normal(0, rest, (scenarios, models))
    )
    return errors


def true_mean_absolute_error(offset: float = 0.0) -> float:
    return float(scipy.stats.foldnorm.mean(abs(offset) / SPREAD, scale=SPREAD))


def mean_absolute(errors: Array) -> Replicates:
    """Return the MAE of (scenarios, models) errors, one run each, with its replicates."""
    scenarios, models = np.indices(errors.shape).reshape(2, -1)
    absolute = np.abs(errors).ravel()

    def estimate(weights: Array) -> dict[str, Array]:
        return {"mae": weights @ absolute / weights.sum(1)}

    return replicate(estimate, Clusters(scenarios, models))["mae"]


def run_targets(count: int, per_run: int = 3, seed: int = 5) -> list[dict[str, Any]]:
    """Return targets of runs of one scenario and four models."""
    random = np.random.default_rng(seed)
    return [
        target(
            f"run{i // per_run}",
            predicted=float(np.round(random.random(), 1)),
            actual=float(np.round(random.random(), 1)),
            name={"name": f"stat{i % per_run}"},
            model=f"m{i // per_run % 4}",
        )
        for i in range(count)
    ]


def crossed_targets(scenarios: int, models: int, seed: int = 5) -> list[dict[str, Any]]:
    """Return two targets of each of these scenarios with each of these models."""
    random = np.random.default_rng(seed)
    return [
        target(
            f"{scenario} {model}",
            predicted=float(random.random()),
            actual=float(random.random()),
            stddev=0.3,
            baseline=0.5,
            name={"name": stat},
            subject=f"s{scenario}",
            model=f"m{model}",
        )
        for scenario in range(scenarios)
        for model in range(models)
        for stat in ("a", "b")
    ]
