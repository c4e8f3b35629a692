import numpy as np
import pytest
import scipy.stats

from runner.scores.aggregation import replicate_primary, score_targets
from runner.scores.policy import ScoringPolicy
from runner.scores.resampling import Resampling, draw_runs, make_interval
from tests.records_builder import records
from tests.unit.scores.simulation import (
    SIMULATIONS,
    SPREAD_OF_RUNS,
    SPREAD_WITHIN,
    TRUE_BIAS,
    replicates,
    run_targets,
    simulate,
)


def true_mean_absolute_error() -> float:
    spread = float(np.hypot(SPREAD_OF_RUNS, SPREAD_WITHIN))
    return float(scipy.stats.foldnorm.mean(TRUE_BIAS / spread, scale=spread))


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
