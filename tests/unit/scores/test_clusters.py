from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from scipy.special import stdtrit

from runner.scores.aggregation import replicate_primary, score_targets
from runner.scores.clusters import (
    Clusters,
    Interval,
    Replicates,
    jackknife_error,
    make_interval,
)
from runner.scores.formulas import Array
from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from tests.records_builder import records, target
from tests.unit.scores.simulation import (
    crossed_targets,
    mean_absolute,
    run_targets,
    simulate,
    true_mean_absolute_error,
)

SIMULATIONS = 500
MAE = METRICS["mae"].bounds

SHARES = {"none": (0.0, 0.0, 1.0), "scenarios": (0.6, 0.1, 0.3), "models": (0.1, 0.6, 0.3)}


def share_covered(
    scenarios: int,
    models: int,
    shares: tuple[float, float, float],
    interval_of: Callable[[Array], Interval],
) -> float:
    random, truth = np.random.default_rng(11), true_mean_absolute_error()
    hits = 0
    for _ in range(SIMULATIONS):
        interval = interval_of(simulate(random, scenarios, models, shares))
        assert interval.low is not None
        assert interval.high is not None
        hits += interval.low <= truth <= interval.high
    return hits / SIMULATIONS


def crossed(errors: Array) -> Interval:
    return make_interval(mean_absolute(errors), MAE)


def over_runs(errors: Array) -> Interval:
    """Return the interval that takes all runs for independent."""
    return crossed(errors.reshape(-1, 1))


@pytest.mark.parametrize(("scenarios", "models"), [(10, 10), (20, 10)])
@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES.keys())
def test_intervals_hold_the_truth_of_crossed_scenarios_and_models(
    scenarios: int, models: int, shares: tuple[float, float, float]
) -> None:
    """At least .92 of 500 simulations, less 2.6 of the simulation's standard errors."""
    least = 0.92 - 2.6 * np.sqrt(0.92 * 0.08 / SIMULATIONS)
    assert share_covered(scenarios, models, shares, crossed) >= least


@pytest.mark.parametrize("effect", ["scenarios", "models"])
def test_control_intervals_over_independent_runs_hold_it_far_less_often(effect: str) -> None:
    assert share_covered(20, 10, SHARES[effect], over_runs) < 0.8


def test_of_one_factor_alone_the_interval_is_students_t_over_its_clusters() -> None:
    values = np.array([[0.1, 0.4, 0.3, 0.2]])
    found = make_interval(mean_absolute(values), MAE)
    half = stdtrit(3, 0.975) * values.std(ddof=1) / 2
    assert (found.low, found.high) == pytest.approx((0.25 - half, 0.25 + half))
    assert found.note == "few scenarios: 1, few models: 4"


def test_an_interval_is_cut_where_the_metric_ends() -> None:
    wide = make_interval(mean_absolute(np.array([[0.0, 0.1]])), MAE)
    assert wide.low == 0
    uncut = make_interval(mean_absolute(np.array([[0.0, 0.1]])), METRICS["bias"].bounds)
    assert uncut.low is not None
    assert uncut.low < 0


def test_the_error_of_a_mean_is_the_standard_error_of_the_mean() -> None:
    values = np.array([0.1, 0.5, 0.2, 0.9])
    left_out = (values.sum() - values) / 3
    assert jackknife_error(left_out) == pytest.approx(values.std(ddof=1) / 2)


@pytest.mark.parametrize("size", [1e-150, 1e150])
def test_the_error_follows_the_size_of_the_values(size: float) -> None:
    values = np.array([0.1, 0.5, 0.2, 0.9])
    assert jackknife_error(values * size) == pytest.approx(jackknife_error(values) * size)


def test_runs_of_a_sweep_are_one_cluster() -> None:
    """Copies of a run, as of a sweep, leave the interval as it is."""
    once = crossed_targets(4, 3)
    twice = once + [{**each, "run": each["run"] + " again"} for each in once]
    found = [
        score_targets(records(targets), intervals=True, metrics=("mae",))[0]
        for targets in (once, twice)
    ]
    assert found[0].low is not None
    assert (found[0].low, found[0].high) == pytest.approx((found[1].low, found[1].high))
    assert [(score.runs, score.scenarios, score.models) for score in found] == [
        (12, 4, 3),
        (24, 4, 3),
    ]


def test_runs_without_a_scenario_or_a_model_are_clusters_of_their_own() -> None:
    runs = pl.DataFrame(
        {
            "run_spec.name": ["a", "b", "c", "d"],
            "scenario": ["s", "s", None, None],
            "model": ["m", None, "m", None],
        }
    )
    found = Clusters.of(runs)
    assert found.scenarios.tolist() == [0, 0, 1, 2]
    assert found.models.tolist() == [0, 1, 0, 2]
    assert len(set(found.pairs)) == 4


@pytest.mark.parametrize("metric", ["mae", "r2", "pearson", "spearman", "kendall", "skill", "crps"])
def test_the_replicates_of_a_metric_are_its_values_without_each_cluster(metric: str) -> None:
    frame = records(crossed_targets(3, 4))
    found = replicate_primary(frame, ScoringPolicy(primary=metric))
    assert found is not None

    def value(rows: pl.DataFrame) -> float | None:
        (score,) = score_targets(rows, metrics=(metric,))
        return score.value

    assert found.point == pytest.approx(value(frame))
    for column, left_out in (("scenario", found.scenarios), ("model", found.models)):
        groups = frame[column].unique(maintain_order=True).to_list()
        expected = [value(frame.filter(pl.col(column) != group)) for group in groups]
        assert left_out == pytest.approx(expected)
    pairs = frame["run_spec.name"].unique(maintain_order=True).to_list()
    expected = [value(frame.filter(pl.col("run_spec.name") != run)) for run in pairs]
    assert found.pairs == pytest.approx(expected)


def test_every_aggregate_has_an_interval_or_says_why_not() -> None:
    frame = records(crossed_targets(3, 4))
    scores = score_targets(frame, (None, "model", "stat"), intervals=True)
    for score in scores:
        if score.value is not None and score.low is None:
            assert score.note is not None, score
    assert sum(score.low is not None for score in scores) > len(scores) / 2


def test_few_scenarios_and_models_are_named_and_enough_are_not() -> None:
    notes = {}
    for scenarios, models in ((9, 10), (10, 9), (9, 9), (10, 10)):
        errors = simulate(np.random.default_rng(1), scenarios, models)
        notes[scenarios, models] = make_interval(mean_absolute(errors), MAE).note
    assert notes == {
        (9, 10): "few scenarios: 9",
        (10, 9): "few models: 9",
        (9, 9): "few scenarios: 9, few models: 9",
        (10, 10): None,
    }


def test_one_run_has_no_interval() -> None:
    (one,) = score_targets(records(run_targets(3)), metrics=("mae",), intervals=True)
    assert (one.low, one.note) == (None, "one scenario and one model: no interval")


def test_a_metric_without_a_value_for_some_clusters_has_no_interval() -> None:
    """Without model m1 all actual means are the same."""
    targets = [
        target("a", predicted=0.1, actual=0.5, model="m0"),
        target("b", predicted=0.2, actual=0.9, model="m1"),
        target("c", predicted=0.3, actual=0.5, model="m2"),
    ]
    (score,) = score_targets(records(targets), metrics=("pearson",), intervals=True)
    assert score.value is not None
    assert (score.low, score.note) == (
        None,
        "no value without one of the scenarios or models: no interval",
    )


def test_a_metric_of_ranks_of_too_many_targets_has_no_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = records(run_targets(60))
    (score,) = score_targets(frame, metrics=("spearman",), intervals=True)
    assert score.low is not None
    monkeypatch.setattr("runner.scores.ranking.ranks.MOST_CELLS", 60)
    (score,) = score_targets(frame, metrics=("spearman",), intervals=True)
    assert score.value is not None
    assert score.low is None


def test_degrees_are_those_of_the_factor_with_fewer_clusters() -> None:
    def of(scenarios: int, models: int) -> int:
        sizes = (scenarios if scenarios > 1 else 0, models if models > 1 else 0, 0)
        return Replicates(0.0, *(np.zeros(size) for size in sizes)).degrees

    assert [of(20, 5), of(5, 20), of(1, 5), of(1, 1)] == [4, 4, 4, 0]
