import numpy as np
import polars as pl
import pytest
import scipy.stats

from runner.scores.aggregation import score_targets
from runner.scores.metrics import Array
from runner.scores.ranking.ranks import auroc, spearman
from runner.scores.resampling import Resampling, draw_runs
from tests.records_builder import records
from tests.unit.scores.simulation import run_targets


def resampled_frame(frame: pl.DataFrame, weights: Array) -> pl.DataFrame:
    """Return the records of a resample: each run as often as it was drawn."""
    runs = sorted(frame["run_spec.name"].unique(), key=str)
    parts = [
        frame.filter(pl.col("run_spec.name") == run)
        for run, times in zip(runs, weights, strict=True)
        for _ in range(int(times))
    ]
    return pl.concat(parts)


def test_spearman_of_a_resample_is_that_of_its_rows() -> None:
    frame = records(run_targets(24)).sort("run_spec.name")
    runs = frame["run_spec.name"].rank("dense").to_numpy().astype(np.int64) - 1
    weights = draw_runs(8, Resampling(20))
    found = spearman(frame, runs)(weights)
    for value, of_one in zip(found, weights, strict=True):
        rows = resampled_frame(frame, of_one)
        expected = scipy.stats.spearmanr(rows["predicted_mean"], rows["actual_mean"]).statistic
        assert value == pytest.approx(expected)


def test_auroc_of_a_resample_is_that_of_its_rows() -> None:
    targets = [
        {**each, "actual": float(i % 2), "instance_id": "i"}
        for i, each in enumerate(run_targets(24))
    ]
    frame = records(targets).sort("run_spec.name")
    runs = frame["run_spec.name"].rank("dense").to_numpy().astype(np.int64) - 1
    weights = draw_runs(8, Resampling(20))
    for value, of_one in zip(auroc(frame, runs)(weights), weights, strict=True):
        (score,) = score_targets(resampled_frame(frame, of_one), metrics=("auroc",))
        assert value == pytest.approx(score.value)
