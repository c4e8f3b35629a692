"""Time the scoring of many targets against a bare pandas merge of the same frames.

``python tests/developer/measure_scores.py [TARGETS]``, by default a million, of 1,000 runs. Prints
seconds and the ratio; exits 1 if it is above 3.
"""

import sys
import time

import numpy as np
import polars as pl

from runner.contract.layout import RUN_NAME
from runner.scores.aggregation import CATEGORIES, score_targets
from runner.scores.metrics import METRICS
from runner.scores.records import ACTUAL_SIDE, KEY, SIDE, describe_runs, make_records
from runner.scores.resampling import Resampling

SCENARIOS, MODELS = 100, 10


def make_sides(targets: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return predicted, actual and run specs of random targets, the predicted in another order."""
    random = np.random.default_rng(1)
    runs = [
        f"mmlu:subject={s},model=org_model-{m}" for s in range(SCENARIOS) for m in range(MODELS)
    ]
    specs = {
        run: {
            "run_spec.scenario_spec.class_name": "helm.MMLUScenario",
            "run_spec.scenario_spec.args.subject": run.partition(",")[0],
            "run_spec.adapter_spec.model": run.partition("=")[2].partition("=")[2],
        }
        for run in runs
    }
    number = np.arange(targets)
    per_run = -(-targets // len(runs))
    stat = number % per_run
    actual = random.random(targets)
    columns = {
        "case": pl.Series([f"case-{i}" for i in range(10)])[number % 10],
        RUN_NAME: pl.Series(runs)[number // per_run],
        "stat": pl.Series([f"stat_{i}" for i in range(20)])[stat % 20],
        "split": pl.Series(["test", "valid"])[stat // 20 % 2],
        "sub_split": pl.Series([None] * targets, dtype=pl.String),
        "perturbation": pl.Series([f"typos(prob=0.{i})" for i in range(100)])[stat // 40],
        "mean": actual,
    }
    full = pl.DataFrame(columns).with_columns(
        *(
            pl.lit(None, dtype).alias(name)
            for name, dtype in ACTUAL_SIDE.items()
            if name not in {*columns, "baseline", "outcome"}
        ),
        pl.lit("scored").alias("outcome"),
        pl.lit(0.5).alias("baseline"),
    )
    predicted = full.with_columns(
        pl.Series("mean", np.clip(actual + random.normal(0, 0.1, targets), 0, 1)),
        pl.lit(0.1).alias("stddev"),
    )
    shuffled = predicted.select(*SIDE).sample(fraction=1, shuffle=True, seed=1)
    return shuffled, full.select(*ACTUAL_SIDE), describe_runs(specs)


def main(targets: int) -> int:
    predicted, actual, run_specs = make_sides(targets)
    in_pandas = predicted.to_pandas(), actual.to_pandas()
    start = time.perf_counter()
    merged = in_pandas[1].merge(in_pandas[0], on=list(KEY), how="left")
    merge_seconds = time.perf_counter() - start
    assert len(merged) == targets
    start = time.perf_counter()
    records = make_records(predicted, actual, run_specs)
    join_seconds = time.perf_counter() - start
    assert records["reason"].null_count() == targets
    scores = score_targets(records, (None, *CATEGORIES))
    seconds = time.perf_counter() - start
    print(f"{targets:,} targets, {len(scores)} scores, without bootstrap")
    print(f"pandas merge alone      {merge_seconds:6.2f} s")
    print(f"records and all scores  {seconds:6.2f} s (the records {join_seconds:.2f} s)")
    print(f"ratio                   {seconds / merge_seconds:6.2f}")
    sums = [name for name, metric in METRICS.items() if metric.value is not None]
    for metrics in (sums, ["spearman"], ["kendall"]):
        start = time.perf_counter()
        score_targets(records, resampling=Resampling(), metrics=metrics)
        took = time.perf_counter() - start
        print(f"bootstrap of {', '.join(metrics)}: {took:.2f} s")
    return seconds > 3 * merge_seconds


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
