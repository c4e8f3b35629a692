import pytest

from runner.submissions.ladder import Best, find_step, publish, round_up, standard_error
from runner.submissions.rules import Rules
from tests.unit.submissions.builder import score

LADDER = Rules(seed="s")


@pytest.mark.parametrize(
    ("value", "told"), [(0.38, 0.4), (0.41, 0.5), (0.43, 0.6), (0.25, 0.3), (0.9, 0.6)]
)
def test_the_ladder_tells_a_score_only_if_it_is_better_by_more_than_the_step(
    value: float, told: float
) -> None:
    best = Best(score(0.52), 0.6)
    assert publish(LADDER, 0.1, best, score(value)) == told


def test_a_better_score_counts_from_three_standard_errors_on() -> None:
    """Of the differences 0, 0.03 and 0.06: sqrt(2/3 * 2 * 0.03**2) = 0.0346."""
    before, now = score(0.5, (0.5, 0.5, 0.5)), (0.5, 0.53, 0.56)
    assert standard_error(score(0.5, now), before) == pytest.approx(0.034641, abs=1e-6)
    best = Best(before, 0.5)
    assert publish(LADDER, 0.01, best, score(0.395, now)) == 0.4
    assert publish(LADDER, 0.01, best, score(0.397, now)) == 0.5


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_score_is_a_finite_number(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        score(number)
    with pytest.raises(ValueError, match="finite"):
        score(0.1, (0.5, number, 0.5))


def test_control_beside_a_score_that_is_no_number_no_margin_is_left() -> None:
    before, now = score(0.5, (0.5, 0.5, 0.5)), score(0.397, (0.5, 0.53, 0.56))
    assert publish(LADDER, 0.01, Best(before, 0.5), now) == 0.5
    object.__setattr__(before, "left_out", (float("nan"), 0.5, 0.5))  # as if it were not refused
    assert publish(LADDER, 0.01, Best(before, 0.5), now) == 0.4


def test_the_step_is_one_digit_of_the_standard_error_of_the_baseline() -> None:
    assert find_step(LADDER, score(0.5, (0.5, 0.53, 0.56)), 1.0) == 0.04
    assert find_step(LADDER, score(0.5, (0.5, 0.5, 0.5)), 1.0) == 0.01
    assert find_step(LADDER, score(0.5, (0.5,)), 1.0) == 1.0
    assert find_step(Rules(step=0.25, seed="s"), score(0.5, (0.5, 0.53, 0.56)), 1.0) == 0.25


def test_a_submission_that_only_comes_nearer_by_a_little_each_time_is_told_few_scores() -> None:
    """Its differences have no standard error: the step alone holds it back."""
    best, told = Best(score(0.9), 0.9), set()
    for number in range(500):
        value = 0.9 - number / 1000
        published = publish(LADDER, 0.1, best, score(value))
        told.add(published)
        best = Best(score(value), published) if published != best.published else best
    assert told == {0.9, 0.8, 0.7, 0.6, 0.5}


def test_a_score_is_rounded_or_exact_if_the_rules_say_so() -> None:
    best = Best(score(0.5), 0.5)
    rounded = Rules(publish="rounded", step=0.05, seed="s")
    assert publish(rounded, 0.05, best, score(0.73)) == 0.75
    assert publish(Rules(publish="exact", seed="s"), 0.05, best, score(0.7312)) == 0.7312
    with pytest.raises(ValueError, match="give one"):
        Rules(publish="rounded", seed="s")


def test_a_score_is_never_told_better_than_it_is_and_without_noise() -> None:
    assert round_up(0.0168, 1 / 9) == pytest.approx(1 / 9)
    assert round_up(0.1853, 1 / 9) == pytest.approx(2 / 9)
    assert round_up(0.3, 0.1) == 0.3
    assert round_up(0.30001, 0.1) == 0.4
    for number in range(1, 200):
        assert round_up(number / 7, 0.03) >= number / 7 - 1e-6


def test_after_a_small_score_a_smaller_one_can_still_be_told() -> None:
    """Rounded to the nearest, 0.0168 of nine targets was told as 0, and then nothing was better."""
    best = Best(score(0.0168), round_up(0.0168, 0.01))
    assert best.published == 0.02
    assert publish(LADDER, 0.01, best, score(0.001)) == 0.01
    assert publish(LADDER, 0.01, best, score(0.008)) == 0.02


def test_control_after_a_score_told_as_zero_no_better_one_is_seen() -> None:
    nearest = round(0.0168 / 0.1) * 0.1
    assert nearest == 0.0
    assert publish(LADDER, 0.1, Best(score(0.2), nearest), score(0.0)) == nearest
    assert round_up(0.0168, 0.1) == 0.1
