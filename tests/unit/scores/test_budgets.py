import pytest

from runner.scores.budgets import score_budgets
from runner.scores.policy import ScoringPolicy
from tests.records_builder import records, target

ERRORS = {1: (0.3, 0.1), 16: (0.1, 0.0), 2: (0.2, 0.1)}
"""By budget, the errors on two runs."""

TARGETS = [
    target(
        f"run-{run}",
        case=f"case-1-budget-{budget}",
        budget=budget,
        predicted=0.5 + error,
        actual=0.5,
        subject=f"s{run}",
    )
    for budget, errors in ERRORS.items()
    for run, error in enumerate(errors)
]


def test_each_budget_has_its_own_score_the_smallest_first() -> None:
    scores = score_budgets(records(TARGETS), ScoringPolicy(), intervals=False, metrics=("mae",))
    assert {(score.category, score.group) for score in scores} == {
        ("budget", "1"),
        ("budget", "2"),
        ("budget", "16"),
    }
    assert [score.value for score in scores] == [pytest.approx(v) for v in (0.2, 0.15, 0.05)]


def test_a_score_at_a_budget_has_the_weights_of_the_suite() -> None:
    (scenario,) = records(TARGETS[:1])["scenario"]
    policy = ScoringPolicy(scenario_weights={scenario: 3})
    scores = score_budgets(records(TARGETS), policy, intervals=False, metrics=("mae",))
    assert [score.value for score in scores] == [
        pytest.approx((3 * one + other) / 4) for _, (one, other) in sorted(ERRORS.items())
    ]


@pytest.mark.parametrize("budget", [4, None])
def test_control_one_budget_is_no_curve(budget: int | None) -> None:
    of_one = [each | {"budget": budget} for each in TARGETS[:2]]
    assert score_budgets(records(of_one), ScoringPolicy(), intervals=False) == []
