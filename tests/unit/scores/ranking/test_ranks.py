import numpy as np
import polars as pl
import pytest
import scipy.stats

from runner.scores.aggregation import score_targets
from runner.scores.formulas import Array
from runner.scores.ranking.ranks import auroc, spearman
from tests.records_builder import records, target
from tests.unit.scores.builder import values_of
from tests.unit.scores.simulation import run_targets

WEIGHTS: Array = np.random.default_rng(1).integers(0, 3, (20, 8)).astype(np.float64)


def weighted_frame(frame: pl.DataFrame, weights: Array) -> pl.DataFrame:
    """Return the records with each run as often as it weighs, each time under a name of its own."""
    runs = sorted(frame["run_spec.name"].unique(), key=str)
    parts = [
        frame.filter(pl.col("run_spec.name") == run).with_columns(
            pl.lit(f"{run} {again}").alias("run_spec.name")
        )
        for run, times in zip(runs, weights, strict=True)
        for again in range(int(times))
    ]
    return pl.concat(parts)


def test_spearman_with_weights_is_that_of_its_rows() -> None:
    frame = records(run_targets(24)).sort("run_spec.name")
    runs = frame["run_spec.name"].rank("dense").to_numpy().astype(np.int64) - 1
    for value, weights in zip(spearman(frame, runs, np.ones(24))(WEIGHTS), WEIGHTS, strict=True):
        (score,) = score_targets(weighted_frame(frame, weights), metrics=("spearman",))
        assert value == pytest.approx(score.value)


def test_spearman_without_ties_is_scipys() -> None:
    random = np.random.default_rng(2)
    predicted, actual = random.random((2, 30))
    pairs = zip(predicted, actual, strict=True)
    targets = [target(str(i), predicted=p, actual=a) for i, (p, a) in enumerate(pairs)]
    expected = scipy.stats.spearmanr(predicted, actual).statistic
    assert values_of(targets)["spearman"] == pytest.approx(expected)


def test_spearman_of_equal_predictions_is_the_mean_over_their_orders() -> None:
    """Of the two orders of a and b, which are predicted alike, one is right."""
    actual = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4}
    predicted = {"a": 0.5, "b": 0.5, "c": 0.7, "d": 0.6}

    def spearman_of(guesses: dict[str, float]) -> float:
        found = values_of([target(k, predicted=guesses[k], actual=actual[k]) for k in actual])
        assert found["spearman"] is not None
        return found["spearman"]

    orders = [spearman_of({**predicted, "b": other}) for other in (0.4, 0.55)]
    assert spearman_of(predicted) == pytest.approx(np.mean(orders))
    assert spearman_of(dict.fromkeys(actual, 0.5)) == 0


def test_auroc_with_weights_is_that_of_its_rows() -> None:
    targets = [
        {**each, "actual": float(i % 2), "instance_id": "i"}
        for i, each in enumerate(run_targets(24))
    ]
    frame = records(targets).sort("run_spec.name")
    runs = frame["run_spec.name"].rank("dense").to_numpy().astype(np.int64) - 1
    for value, weights in zip(auroc(frame, runs, np.ones(24))(WEIGHTS), WEIGHTS, strict=True):
        (score,) = score_targets(weighted_frame(frame, weights), metrics=("auroc",))
        assert value == pytest.approx(score.value)
