"""Evaluations whose truth is known, because they are drawn."""

from typing import Any

import numpy as np

from runner.scores.metrics import Array
from runner.scores.resampling import Replicates, Resampling, draw_runs
from tests.records_builder import target

RUNS, TARGETS_OF_RUN, SIMULATIONS = 40, 8, 1000


TRUE_BIAS, SPREAD_OF_RUNS, SPREAD_WITHIN = 0.05, 0.2, 0.1


def simulate(random: np.random.Generator, offset: float = 0.0) -> Array:
    """Return (runs, targets) errors: those of one run share a part."""
    of_runs = random.normal(TRUE_BIAS + offset, SPREAD_OF_RUNS, (RUNS, 1))
    return of_runs + random.normal(0, SPREAD_WITHIN, (RUNS, TARGETS_OF_RUN))


def mean_absolute(errors: Array, weights: Array) -> Array:
    absolute: Array = np.abs(errors)
    values: Array = weights @ absolute.sum(1) / (weights.sum(1) * errors.shape[1])
    return values


def replicates(errors: Array, resampling: Resampling) -> Replicates:
    runs = len(errors)
    left_out = np.ones((runs, runs)) - np.eye(runs)
    return Replicates(
        float(np.abs(errors).mean()),
        mean_absolute(errors, draw_runs(runs, resampling)),
        mean_absolute(errors, left_out),
        runs,
    )


def run_targets(count: int, per_run: int = 3, seed: int = 5) -> list[dict[str, Any]]:
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
