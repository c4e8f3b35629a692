import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest

from runner.scores.aggregation import score_budgets, score_targets
from runner.scores.policy import ScoringPolicy
from runner.scores.score import Score
from tests.records_builder import records, target
from tests.unit.scores.builder import BY_HAND, scores_of, values_of


def test_targets_without_a_prediction_are_ignored_and_counted() -> None:
    score = scores_of([*BY_HAND, target("d")])["mae"]
    assert score.value == pytest.approx(0.25)
    assert (score.targets, score.missing) == (3, 1)


def test_a_missing_prediction_counts_as_the_end_of_the_range_that_is_farther_off() -> None:
    failed = target("e", reason="exit 1", outcome="failed")
    frame = records([*BY_HAND, target("d", actual=0.25), failed], (0.0, 1.0))
    found = {score.metric: score for score in score_targets(frame)}
    assert found["mae"].value == pytest.approx((0.25 + 0.5 + 0 + 0.75) / 4)
    assert found["pearson"].value == pytest.approx(np.corrcoef([0.75, 0, 1], [0.5, 0.5, 1])[0, 1])
    assert found["mae"].missing == 2


def test_a_missing_prediction_is_neither_too_high_nor_too_low() -> None:
    """Its largest error is above 0 or below, as the actual lies; the bias is of the others."""
    for actual, error in ((0.25, 0.75), (0.75, -0.75), (0.5, 0.5)):
        frame = records([*BY_HAND, target("d", actual=actual)], (0.0, 1.0))
        assert frame["error"][-1] == error
        found = {score.metric: score for score in score_targets(frame)}
        assert found["bias"].value == pytest.approx((0.25 - 0.5 + 0) / 3)
    (alone,) = score_targets(records([target("d")], (0.0, 1.0)), metrics=("bias",))
    assert (alone.value, alone.reason) == (None, "no target has a prediction")


def test_instances_and_stats_are_scored_apart() -> None:
    targets = [
        target(predicted=0.9, actual=0.5),
        target(predicted=0.75, actual=1, instance_id="i"),
        target(predicted=5, actual=7, instance_id="i", name={"name": "num_output_tokens"}),
    ]
    values = values_of(targets)
    assert (values["mae"], values["brier"], values["instance_mae"]) == pytest.approx(
        (0.4, 0.0625, 2)
    )


def test_a_category_has_a_score_for_each_of_its_groups_and_for_none() -> None:
    targets = [
        target("a", predicted=0.5, actual=0.4, model="m0"),
        target("b", predicted=0.5, actual=0.3, model="m1"),
        target("b", predicted=0.5, actual=0.1, model="m1", name={"name": "f1", "split": None}),
    ]
    by_model = score_targets(records(targets), ("model",), metrics=("mae",))
    assert [score.group for score in by_model] == ["m0", "m1"]
    assert [score.value for score in by_model] == pytest.approx([0.1, 0.3])
    by_split = score_targets(records(targets), ("split",), metrics=("mae",))
    assert [score.group for score in by_split] == ["test", None]


def test_scenario_weights_weigh_the_scenarios_means() -> None:
    """MAE 0.1 in one scenario and 0.4, from two targets, in the other: (3 * 0.1 + 0.4) / 4."""
    targets = [
        target("a", predicted=0.5, actual=0.4, subject="x"),
        target("b", predicted=0.5, actual=0.2, subject="y"),
        target("c", predicted=0.5, actual=0.0, subject="y"),
    ]
    policy = ScoringPolicy(scenario_weights={"MMLUScenario(subject=x)": 3})
    (score,) = score_targets(records(targets), policy=policy, metrics=("mae",))
    assert score.value == pytest.approx(0.175)
    assert score.targets == 3
    (score,) = score_targets(records(targets), metrics=("mae",))
    assert score.value == pytest.approx(0.9 / 3)


def test_a_scenario_in_which_a_metric_has_no_value_is_left_out_with_weights_and_without() -> None:
    """In y all actual means are the same, so there is nothing to put in order."""
    targets = [
        target("a", predicted=0.5, actual=0.4, subject="x", model="m0"),
        target("b", predicted=0.6, actual=0.9, subject="x", model="m1"),
        target("c", predicted=0.5, actual=0.2, subject="y", model="m0"),
        target("d", predicted=0.6, actual=0.2, subject="y", model="m1"),
    ]
    weighted = ScoringPolicy(scenario_weights={"MMLUScenario(subject=x)": 3})
    for policy in (ScoringPolicy(), weighted):
        (score,) = score_targets(records(targets), policy=policy, metrics=("kendall",))
        assert score.value == 1


@pytest.mark.parametrize("instances", [0, 1])
def test_with_scenario_weights_as_without_there_is_no_value_where_no_target_counts(
    instances: int,
) -> None:
    targets = [target(predicted=0.5, actual=0.25, instances=instances)]
    plain, weighted = (
        scores_of(targets, policy=ScoringPolicy(scenario_weights=weights))["mae"]
        for weights in ({}, {"anatomy": 2.0})
    )
    assert (weighted.value, weighted.reason) == (plain.value, plain.reason)
    assert (plain.value is None) is (instances == 0)


@pytest.mark.parametrize("predicted_in_x", [None, 0.5])
def test_where_only_scenarios_of_weight_0_are_predicted_the_reason_says_so(
    predicted_in_x: float | None,
) -> None:
    targets = [
        target("a", predicted=predicted_in_x, actual=0.4, subject="x"),
        target("b", predicted=0.5, actual=0.2, subject="y"),
    ]
    policy = ScoringPolicy(scenario_weights={"MMLUScenario(subject=y)": 0})
    found = scores_of(targets, policy=policy, intervals=True)
    mae, largest = found["mae"], found["max_error"]
    if predicted_in_x is None:
        reason = "no scenario with a weight above 0 has a prediction"
        assert (mae.value, mae.reason, mae.missing) == (None, reason, 1)
    else:
        assert mae.value == pytest.approx(0.1)
        assert mae.reason is None
    assert (largest.value, largest.reason) == (0.3, None)


def test_a_target_has_its_cases_budget_and_replicate() -> None:
    of_cases = [target("a", predicted=0.5, case=f"case-{n}", budget=n, replicate=3) for n in (4, 8)]
    assert records(of_cases).select("budget", "replicate").rows() == [(4, 3), (8, 3)]


def scores_at(scale: float, bad_only: bool = False) -> dict[str, Score]:
    """Return the scores over eight models of three targets whose means are of about this size.

    Args:
        bad_only: whether one run's predictions alone are so large, and all else is at most 1.
    """
    targets = [
        target(
            f"run-{run}",
            predicted=(0.1 * run + 0.03 * stat) * (scale if run == 3 or not bad_only else 1),
            actual=0.07 * run * (1 if bad_only else scale),
            stddev=0.1 * (1 if bad_only else scale),
            name={"name": f"stat-{stat}", "split": "test"},
            model=f"m{run}",
        )
        for run, stat in itertools.product(range(8), range(3))
    ]
    found = score_targets(records(targets), intervals=True)
    return {score.metric: score for score in found}


# Powers of two, which round nothing: 1e-150 to 1e150.
@pytest.mark.parametrize("scale", [2.0**exponent for exponent in (-498, -173, 173, 343, 498)])
def test_scores_and_intervals_follow_the_size_of_the_stats(scale: float) -> None:
    ones, scaled = scores_at(1), scores_at(scale)
    for name in ("mae", "rmse", "bias", "crps"):
        for end in ("value", "low", "high"):
            expected = getattr(ones[name], end) * scale
            assert getattr(scaled[name], end) == pytest.approx(expected, rel=1e-6), (name, end)
    for name in ("pearson", "spearman", "kendall", "r2"):
        assert scaled[name].value == pytest.approx(ones[name].value), name


@pytest.mark.parametrize("scale", [1e52, 1e103, 1e150])
def test_one_prediction_as_large_as_the_contract_allows_is_scored(scale: float) -> None:
    scores = scores_at(scale, bad_only=True)
    with np.errstate(over="ignore"):  # the control: a product of its squares does
        assert np.isinf((np.float64(scale) ** 2) ** 3)
    assert scores["mae"].value == pytest.approx((0.3 + 0.33 + 0.36) / 24 * scale)
    assert scores["mae"].low is not None


@pytest.mark.parametrize("stddev", [5e-324, 1e-310, 1e-150])
def test_the_smallest_stddev_gives_the_absolute_error_as_crps(stddev: float) -> None:
    scores = scores_of([target(predicted=0.9, actual=0.5, stddev=stddev)])
    assert scores["crps"].value == pytest.approx(0.4)


@pytest.mark.parametrize("column", records([*BY_HAND, target("d")]).columns)
def test_the_groups_of_every_column_are_text(column: str) -> None:
    frame = records([*BY_HAND, target("d")])
    groups = {score.group for score in score_targets(frame, (column,), intervals=True)}
    assert groups == {None if value is None else str(value) for value in frame[column]}


def test_the_groups_of_a_column_of_numbers_are_in_their_order() -> None:
    frame = records([*BY_HAND, target("d")]).with_columns(budget=pl.Series([10, None, 9, 8]))
    scores = score_targets(frame, ("budget",), metrics=("mae",))
    assert [score.group for score in scores] == ["8", "9", "10", None]


@pytest.mark.parametrize("predicted", [1e200, 0.5])
def test_a_score_that_is_no_finite_number_has_a_reason_and_no_value(predicted: float) -> None:
    frame = records([target("a", predicted=predicted, actual=0.5)])
    (score,) = score_targets(frame, metrics=("rmse",))
    is_known = predicted == 0.5  # the control
    assert (score.value == 0, bool(score.reason)) == (is_known, not is_known)


BUDGET_ERRORS = {1: (0.3, 0.1), 16: (0.1, 0.0), 2: (0.2, 0.1)}
"""By budget, the errors on two runs."""

AT_BUDGETS = [
    target(
        f"run-{run}",
        case=f"case-1-budget-{budget}",
        budget=budget,
        predicted=0.5 + error,
        actual=0.5,
        subject=f"s{run}",
    )
    for budget, errors in BUDGET_ERRORS.items()
    for run, error in enumerate(errors)
]


def test_each_budget_has_its_own_score_the_smallest_first() -> None:
    scores = score_budgets(records(AT_BUDGETS), ScoringPolicy(), intervals=False, metrics=("mae",))
    assert {(score.category, score.group) for score in scores} == {
        ("budget", "1"),
        ("budget", "2"),
        ("budget", "16"),
    }
    assert [score.value for score in scores] == [pytest.approx(v) for v in (0.2, 0.15, 0.05)]


def test_a_score_at_a_budget_has_the_weights_of_the_suite() -> None:
    (scenario,) = records(AT_BUDGETS[:1])["scenario"]
    policy = ScoringPolicy(scenario_weights={scenario: 3})
    scores = score_budgets(records(AT_BUDGETS), policy, intervals=False, metrics=("mae",))
    assert [score.value for score in scores] == [
        pytest.approx((3 * one + other) / 4) for _, (one, other) in sorted(BUDGET_ERRORS.items())
    ]


@pytest.mark.parametrize("budget", [4, None])
def test_control_one_budget_is_no_curve(budget: int | None) -> None:
    of_one = [each | {"budget": budget} for each in AT_BUDGETS[:2]]
    assert score_budgets(records(of_one), ScoringPolicy(), intervals=False) == []


@pytest.mark.parametrize("policy", [{}, {"normalise": "skill", "primary": "skill"}])
def test_intervals_do_not_depend_on_where_the_records_lie_in_memory(policy: dict[str, Any]) -> None:
    """Sums by Polars do, in the last digit: then a report could not be made again."""
    random = np.random.default_rng(5)
    several = [
        target(
            f"run{i % 20}",
            predicted=float(random.random()),
            actual=float(random.random()),
            baseline=float(random.random()),
            name={"name": f"stat{i // 20}", "split": "test"},
            model=f"m{i % 20 // 2}",
            subject=f"s{i % 2}",
        )
        for i in range(1500)
    ]
    frames = [records([several[0]] * moved + several).slice(moved) for moved in range(6)]
    found = [
        score_targets(frame, policy=ScoringPolicy(**policy), intervals=True) for frame in frames
    ]
    assert all(scores == found[0] for scores in found)
    assert any(score.low is not None for score in found[0])
