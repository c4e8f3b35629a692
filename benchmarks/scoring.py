"""Scoring of many targets, compared with a plain pandas merge of the same frames."""

import time
from collections.abc import Callable

import numpy as np
import polars as pl

from benchmarks.measurement import Row, compare_in_turns
from runner.contract.layout import RUN_NAME
from runner.scores.aggregation import CATEGORIES, score_targets
from runner.scores.records import KEY, TARGETS, describe_runs, make_records

SCENARIOS, MODELS = 100, 10


def make_targets(targets: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return random targets with both of their sides, and their run specs."""
    random = np.random.default_rng(1)
    specs = {
        f"mmlu:subject={subject},model=org_model-{model}": {
            "run_spec.scenario_spec.class_name": "helm.MMLUScenario",
            "run_spec.scenario_spec.args.subject": str(subject),
            "run_spec.adapter_spec.model": f"org/model-{model}",
        }
        for subject in range(SCENARIOS)
        for model in range(MODELS)
    }
    number = np.arange(targets)
    per_run = -(-targets // len(specs))
    stat = number % per_run
    mean = random.random(targets)
    columns = {
        "case": pl.Series([f"case-{i}" for i in range(10)])[number % 10],
        RUN_NAME: pl.Series(list(specs))[number // per_run],
        "stat": pl.Series([f"stat_{i}" for i in range(20)])[stat % 20],
        "split": pl.Series(["test", "valid"])[stat // 20 % 2],
        "perturbation": pl.Series([f"typos(prob=0.{i})" for i in range(100)])[stat // 40],
        "predicted_mean": pl.Series(np.clip(mean + random.normal(0, 0.1, targets), 0, 1)),
        "predicted_stddev": pl.Series(np.full(targets, 0.1)),
        "actual_mean": pl.Series(mean),
        "baseline": pl.Series(np.full(targets, 0.5)),
        "instances": pl.Series([17, 3])[stat // 20 % 2],
        "outcome": pl.Series(["scored"] * targets),
    }
    frame = pl.DataFrame(
        [
            columns.get(name, pl.Series([None] * targets)).cast(dtype).alias(name)
            for name, dtype in TARGETS.items()
        ]
    )
    return frame, describe_runs(specs)


def measure_scoring(
    targets: int,
    targets_with_intervals: int,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Return the time of scoring; ratios are to pandas' merge of a predicted and an actual side.

    Intervals are measured once, on fewer targets, as they take longer than all else.
    """
    given, specs = make_targets(targets)
    left = given.select(*KEY, "actual_mean").to_pandas()
    predicted = given.select(*KEY, "predicted_mean", "predicted_stddev")
    right = predicted.sample(fraction=1, shuffle=True, seed=1).to_pandas()

    def score(*categories: str) -> None:
        score_targets(make_records(given, specs), (None, *categories))

    rows = compare_in_turns(
        {
            f"pandas merge of {targets:,} targets, no scores": lambda: left.merge(
                right, on=list(KEY), how="left"
            ),
            f"all scores of {targets:,} targets, by scenario and model too": lambda: score(
                "scenario", "model"
            ),
            f"the same by {', '.join(CATEGORIES)}": lambda: score(*CATEGORIES),
        },
        rounds,
        clock,
    )
    fewer = make_records(*make_targets(targets_with_intervals))
    start = time.perf_counter()
    score_targets(fewer, (None,), intervals=True)
    taken = time.perf_counter() - start
    return [*rows, Row(f"all scores of {targets_with_intervals:,} targets with intervals", taken)]
