import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.stats
from numpy.typing import NDArray

from runner.scores.aggregation import replicate_primary, score_targets
from runner.scores.comparison import Comparison, RankRange, compare, compare_all, rank
from runner.scores.metrics import Array
from runner.scores.policy import ScoringPolicy
from runner.scores.ranking.ranks import auroc, spearman
from runner.scores.resampling import (
    Replicates,
    Resampling,
    draw_runs,
    make_interval,
)
from tests.records_builder import records, target

RUNS, TARGETS_OF_RUN, SIMULATIONS = 40, 8, 1000
TRUE_BIAS, SPREAD_OF_RUNS, SPREAD_WITHIN = 0.05, 0.2, 0.1


def simulate(random: np.random.Generator, offset: float = 0.0) -> Array:
    """Return (runs, targets) errors: those of one run share a part."""
    of_runs = random.normal(TRUE_BIAS + offset, SPREAD_OF_RUNS, (RUNS, 1))
    return of_runs + random.normal(0, SPREAD_WITHIN, (RUNS, TARGETS_OF_RUN))


def true_mean_absolute_error() -> float:
    spread = float(np.hypot(SPREAD_OF_RUNS, SPREAD_WITHIN))
    return float(scipy.stats.foldnorm.mean(TRUE_BIAS / spread, scale=spread))


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


def share_covered(by_target: bool) -> float:
    random, truth = np.random.default_rng(11), true_mean_absolute_error()
    hits = 0
    for _ in range(SIMULATIONS):
        errors = simulate(random)
        units = errors.reshape(-1, 1) if by_target else errors
        interval = make_interval(replicates(units, Resampling(1000)), 0.95)
        assert interval.low is not None
        assert interval.high is not None
        hits += interval.low <= truth <= interval.high
    return hits / SIMULATIONS


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 1,000 simulations 95 % should, give or take 2.6 of the simulation's standard errors."""
    standard_error = np.sqrt(0.95 * 0.05 / SIMULATIONS)
    assert share_covered(by_target=False) == pytest.approx(0.95, abs=2.6 * standard_error)


def test_intervals_that_take_targets_of_a_run_for_independent_hold_it_less_often() -> None:
    assert share_covered(by_target=True) < 0.8


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


def tau_of_pairs(rows: pl.DataFrame, weights: Array) -> float:
    """Return tau-b over pairs of different models, one by one; a row of weight 2 is two rows."""
    models, columns = rows["model"].to_list(), rows.select("predicted_mean", "actual_mean").rows()
    sums = np.zeros(3)
    for i, j in itertools.combinations(range(rows.height), 2):
        if models[i] != models[j]:
            one, other = (np.sign(columns[i][side] - columns[j][side]) for side in (0, 1))
            sums += weights[i] * weights[j] * np.array([one * other, abs(one), abs(other)])
    return float(sums[0] / np.sqrt(sums[1] * sums[2])) if sums[1] * sums[2] else np.nan


def test_kendall_of_a_resample_is_that_of_its_pairs() -> None:
    """Groups of 5 and 2 runs, among them two runs of one model."""
    random = np.random.default_rng(2)
    targets = [
        target(
            f"{scenario}-{i}",
            predicted=float(random.integers(4)),
            actual=float(random.integers(4)),
            name={"name": stat},
            model=f"m{i % 4}",
            subject=scenario,
        )
        for scenario, runs in (("a", 5), ("b", 2), ("c", 5))
        for i in range(runs)
        for stat in ("s", "t")
    ]
    frame = records(targets)
    resampling = Resampling(30)
    found = replicate_primary(frame, ScoringPolicy(primary="kendall"), resampling)
    assert found is not None
    names = frame["run_spec.name"].unique(maintain_order=True).to_list()
    for value, weights in zip(found.resampled, draw_runs(len(names), resampling), strict=True):
        taus = [
            tau_of_pairs(part, weights[[names.index(run) for run in part["run_spec.name"]]])
            for part in frame.partition_by("scenario", "stat")
        ]
        assert value == pytest.approx(np.nanmean(taus))


@pytest.mark.parametrize("metric", ["mae", "r2", "pearson", "spearman", "kendall", "skill"])
def test_resamples_in_which_each_run_weighs_1_have_the_value_itself(metric: str) -> None:
    frame = records([{**each, "baseline": 0.5} for each in run_targets(24)])
    policy = ScoringPolicy(primary=metric)
    found = replicate_primary(frame, policy, Resampling(10))
    (score,) = score_targets(frame, metrics=(metric,))
    assert found is not None
    assert found.point == pytest.approx(score.value)


def test_an_interval_is_the_same_again_and_lies_about_the_value() -> None:
    frame = records(run_targets(60))
    first, again = (
        score_targets(frame, metrics=("mae",), resampling=Resampling()) for _ in range(2)
    )
    assert first == again
    (score,) = first
    assert score.low is not None
    assert score.high is not None
    assert score.value is not None
    assert score.low < score.value < score.high
    (other,) = score_targets(frame, metrics=("mae",), resampling=Resampling(seed=2))
    assert other.low != score.low


def test_every_aggregate_has_an_interval_or_says_why_not() -> None:
    frame = records([{**each, "baseline": 0.5, "stddev": 0.2} for each in run_targets(60)])
    for score in score_targets(frame, (None, "model", "stat"), resampling=Resampling(1000)):
        if score.value is not None:
            assert (score.low is None) == (score.note is not None), score


def test_one_run_has_no_interval_and_four_an_unreliable_one() -> None:
    (one,) = score_targets(records(run_targets(3)), metrics=("mae",), resampling=Resampling())
    assert (one.low, one.note) == (None, "1 run: nothing to resample")
    (four,) = score_targets(records(run_targets(12)), metrics=("mae",), resampling=Resampling())
    assert four.low is not None
    assert four.note == "4 runs: too few for a reliable interval"
    (five,) = score_targets(records(run_targets(15)), metrics=("mae",), resampling=Resampling())
    assert five.note is None


def test_runs_are_drawn_as_often_as_there_are_runs() -> None:
    weights = draw_runs(7, Resampling(100))
    assert (weights.sum(1) == 7).all()
    assert (draw_runs(7, Resampling(100)) == weights).all()


MAE, SKILL = ScoringPolicy(), ScoringPolicy(primary="skill")


def shifted(better_by: float, seed: int = 3) -> tuple[Replicates, Replicates]:
    """Return two evaluations; the first one's errors are smaller by about this much."""
    random = np.random.default_rng(seed)
    errors = np.abs(simulate(random)) + 0.2
    other = errors + better_by + random.normal(0, 0.02, errors.shape)
    return replicates(errors, Resampling(1000)), replicates(other, Resampling(1000))


def test_a_clear_difference_is_told_and_its_direction_follows_from_the_metric() -> None:
    first, second = shifted(0.05)
    found = compare(first, second, MAE, 0.95)
    assert found.is_distinct
    assert found.probability_better == 1
    assert found.difference == pytest.approx(-0.05, abs=0.01)
    assert compare(first, second, SKILL, 0.95).probability_better == 0


def test_two_that_do_not_differ_are_told_apart_as_seldom_as_the_level_says() -> None:
    """Of 400 simulations in 5 %, give or take 2.6 of the simulation's standard errors."""
    told = [compare(*shifted(0.0, seed), MAE, 0.95).is_distinct for seed in range(400)]
    assert np.mean(told) == pytest.approx(0.05, abs=2.6 * np.sqrt(0.05 * 0.95 / 400))


def test_an_evaluation_compared_with_itself_is_even() -> None:
    first, _ = shifted(0.0)
    found = compare(first, first, MAE, 0.95)
    assert (found.difference, found.probability_better, found.is_distinct) == (0, 0.5, False)


def test_four_runs_tell_nothing_apart() -> None:
    few = np.full((4, 2), 0.1)
    found = compare(replicates(few, Resampling()), replicates(few + 0.5, Resampling()), MAE, 0.95)
    assert found.probability_better == 1
    assert not found.is_distinct


def comparison(difference: float, is_distinct: bool) -> Comparison:
    return Comparison(difference, 0.5, is_distinct)


def test_all_pairs_are_compared_as_each_is_by_its_interval() -> None:
    random = np.random.default_rng(5)
    errors = [np.abs(simulate(random)) + by for by in (0.0, 0.0, 0.02, 0.5)]
    many = [replicates(each, Resampling(500)) for each in errors]
    table = compare_all(many, MAE, 0.95)
    for i, first in enumerate(many):
        for j, second in enumerate(many):
            difference = Replicates(
                first.point - second.point,
                first.resampled - second.resampled,
                first.left_out - second.left_out,
                first.runs,
            )
            interval = make_interval(difference, 0.95)
            assert interval.low is not None
            assert interval.high is not None
            found = table[i][j]
            assert found.is_distinct == (interval.low > 0 or interval.high < 0)
            assert found.difference == pytest.approx(difference.point, abs=1e-12)
            better = compare(first, second, MAE, 0.95).probability_better
            assert found.probability_better == pytest.approx(better, abs=1e-12)
    assert any(each.is_distinct for row in table for each in row)
    assert not all(each.is_distinct for each in table[0][1:])


def test_ranks_run_from_behind_the_distinctly_better_to_before_the_distinctly_worse() -> None:
    """a and b can't be told apart, nor b and c; a is better than c; all are better than d."""
    errors: NDArray[np.float64] = np.array([0.1, 0.2, 0.3, 0.9])
    distinct = {(0, 2), (0, 3), (1, 3), (2, 3)}
    table = [
        [comparison(errors[i] - errors[j], (min(i, j), max(i, j)) in distinct) for j in range(4)]
        for i in range(4)
    ]
    ranges = rank(table, MAE)
    assert ranges == [RankRange(1, 2), RankRange(1, 3), RankRange(2, 3), RankRange(4, 4)]
    assert [str(each) for each in ranges] == ["1-2, tied", "1-3, tied", "2-3, tied", "4"]
    assert rank(table, SKILL)[3] == RankRange(1, 1)


def test_a_metric_of_ranks_of_very_many_targets_has_fewer_resamples_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = records(run_targets(60))
    (score,) = score_targets(frame, metrics=("spearman",), resampling=Resampling())
    assert score.note is None
    monkeypatch.setattr("runner.scores.ranking.ranks.MOST_CELLS", 60 * 300)
    (score,) = score_targets(frame, metrics=("spearman",), resampling=Resampling())
    assert score.note == "from 300 resamples: its ends are rough"
    assert score.low is not None
