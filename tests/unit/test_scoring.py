import math

import pytest

from runner.scoring import score


def test_scores_are_those_worked_by_hand() -> None:
    """Errors 0.25, -0.5 and 0: MAE 0.75/3, squares 0.0625 + 0.25, bias -0.25/3."""
    scores = score([(0.75, 0.5), (0.0, 0.5), (1.0, 1.0)])
    assert scores.targets == 3
    assert scores.mean_absolute_error == pytest.approx(0.25)
    assert scores.root_mean_squared_error == pytest.approx(math.sqrt(0.3125 / 3))
    assert scores.bias == pytest.approx(-0.25 / 3)


def test_a_perfect_prediction_scores_zero() -> None:
    scores = score([(0.1, 0.1), (0.2, 0.2)])
    assert (scores.mean_absolute_error, scores.root_mean_squared_error, scores.bias) == (0, 0, 0)
