import math

import pytest

from runner.contract import MetricName, Stat, Target
from runner.scoring import score


def stats(**means: float) -> dict[Target, Stat]:
    return {
        Target(run, MetricName("exact_match")): Stat(MetricName("exact_match"), mean=mean)
        for run, mean in means.items()
    }


def test_scores_are_those_worked_by_hand() -> None:
    """Errors 0.25, -0.5 and 0: MAE 0.75/3, squares 0.0625 + 0.25, bias -0.25/3."""
    scores = score(stats(a=0.75, b=0.0, c=1.0), stats(a=0.5, b=0.5, c=1.0))
    assert scores.targets == 3
    assert scores.mean_absolute_error == pytest.approx(0.25)
    assert scores.root_mean_squared_error == pytest.approx(math.sqrt(0.3125 / 3))
    assert scores.bias == pytest.approx(-0.25 / 3)


def test_a_perfect_prediction_scores_zero() -> None:
    scores = score(stats(a=0.1, b=0.2), stats(a=0.1, b=0.2))
    assert (scores.mean_absolute_error, scores.root_mean_squared_error, scores.bias) == (0, 0, 0)


@pytest.mark.parametrize("predicted", [stats(a=0.1), stats(a=0.1, b=0.1, c=0.1), stats(a=0.1, c=1)])
def test_a_target_on_one_side_only_is_never_dropped_in_silence(
    predicted: dict[Target, Stat],
) -> None:
    with pytest.raises(ValueError, match="same targets"):
        score(predicted, stats(a=0.1, b=0.2))


def test_no_target_is_no_score() -> None:
    with pytest.raises(ValueError, match="at least one"):
        score({}, {})


def test_a_stat_without_a_mean_is_no_zero() -> None:
    target = Target("a", MetricName("exact_match"))
    with pytest.raises(ValueError, match="has no mean"):
        score({target: Stat(MetricName("exact_match"))}, stats(a=0.1))
