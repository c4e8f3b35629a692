"""Scoring of many targets, with a bare pandas merge of the same frames beside it."""

import random

import polars as pl

from benchmarks.measurement import Row, fastest
from runner.contract.layout import RUN_NAME
from runner.scores.aggregation import score_targets
from runner.scores.records import ACTUAL_SIDE, KEY, SIDE, make_records
from runner.scores.resampling import Resampling

STATS_OF_A_RUN = 100
MODELS = 5


def make_sides(targets: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the predicted side, the actual side and the run specs of so many targets."""
    rng = random.Random(1)  # noqa: S311  (data to measure with)
    numbers = range(targets)
    key = {
        "case": ["case-1"] * targets,
        RUN_NAME: [f"run-{number // STATS_OF_A_RUN}" for number in numbers],
        "stat": [f"stat-{number % STATS_OF_A_RUN}" for number in numbers],
        "split": ["test"] * targets,
    }
    sides = [
        key | {"mean": [rng.random() for _ in numbers], "stddev": [0.1] * targets} for _ in range(2)
    ]
    predicted, actual = (
        pl.DataFrame(
            {
                name: pl.Series(values.get(name, [None] * targets), dtype=dtype)
                for name, dtype in schema.items()
            }
        )
        for values, schema in zip(sides, (SIDE, ACTUAL_SIDE), strict=True)
    )
    names = actual[RUN_NAME].unique(maintain_order=True)
    models = [f"model-{number % MODELS}" for number in range(names.len())]
    scenarios = [f"scenario-{number // MODELS}" for number in range(names.len())]
    specs = pl.DataFrame({RUN_NAME: names, "scenario": scenarios, "model": models})
    return predicted, actual, specs


def measure_scoring(targets: int, targets_with_intervals: int, rounds: int) -> list[Row]:
    """Return how long joining and scoring take; the ratio is to pandas' merge of the two sides.

    Intervals are measured once, on fewer targets, as they take longer than all else.
    """
    predicted, actual, specs = make_sides(targets)
    left, right = (frame.to_pandas() for frame in (predicted, actual))
    merge = f"pandas merge of {targets:,} targets, no scores"
    records = make_records(predicted, actual, specs)
    seconds = fastest(
        {
            merge: lambda: left.merge(right, on=list(KEY)),
            f"the runner's join of {targets:,} targets": lambda: make_records(
                predicted, actual, specs
            ),
            f"all scores of {targets:,} targets, by scenario and model too": lambda: score_targets(
                records, (None, "scenario", "model")
            ),
        },
        rounds,
    )
    rows = [Row(what, taken, taken / seconds[merge]) for what, taken in seconds.items()]
    fewer = make_records(*make_sides(targets_with_intervals))
    resampling = Resampling()
    (taken,) = fastest(
        {"": lambda: score_targets(fewer, (None,), resampling=resampling)}, rounds=1
    ).values()
    what = f"all scores of {targets_with_intervals:,} targets with intervals, "
    return [*rows, Row(f"{what}{resampling.resamples:,} resamples", taken)]
