import pytest

from runner.submissions.ladder import Best, publish, round_to, standard_error
from runner.submissions.rules import Rules
from tests.unit.submissions.builder import score

STEP = Rules(step=0.1, seed="s")


@pytest.mark.parametrize(
    ("value", "told"), [(0.38, 0.4), (0.41, 0.5), (0.39, 0.4), (0.45, 0.5), (0.9, 0.5)]
)
def test_the_ladder_tells_a_score_only_if_it_is_better_by_more_than_the_step(
    value: float, told: float
) -> None:
    best = Best(score(0.52), 0.5)
    assert publish(STEP, "lower", best, score(value)) == told


def test_the_ladder_goes_up_where_higher_is_better() -> None:
    best = Best(score(0.5), 0.5)
    assert publish(STEP, "higher", best, score(0.63)) == 0.6
    assert publish(STEP, "higher", best, score(0.58)) == 0.5
    assert publish(STEP, "higher", None, score(0.58)) == 0.6


def test_a_ladder_without_a_step_goes_by_the_standard_error_of_the_difference() -> None:
    """Of the differences 0, 0.03 and 0.06: sqrt(2/3 * 2 * 0.03**2) = 0.0346."""
    rules = Rules(seed="s")
    before, now = score(0.5, (0.5, 0.5, 0.5)), (0.5, 0.53, 0.56)
    assert standard_error(score(0.5, now), before) == pytest.approx(0.034641, abs=1e-6)
    best = Best(before, 0.5)
    assert publish(rules, "lower", best, score(0.464, now)) == 0.46
    assert publish(rules, "lower", best, score(0.466, now)) == 0.5
    assert publish(rules, "lower", best, score(0.1, (0.5, float("nan"), 0.5))) == 0.5


def test_a_score_is_rounded_or_exact_if_the_rules_say_so() -> None:
    best = Best(score(0.5), 0.5)
    assert (
        publish(Rules(publish="rounded", step=0.05, seed="s"), "lower", best, score(0.73)) == 0.75
    )
    assert publish(Rules(publish="exact", seed="s"), "lower", best, score(0.7312)) == 0.7312
    with pytest.raises(ValueError, match="give one"):
        Rules(publish="rounded", seed="s")


def test_a_rounded_score_has_no_noise() -> None:
    assert round_to(0.29999, 0.1) == 0.3
    assert round_to(1 / 3, 1 / 3) == pytest.approx(1 / 3)
