"""Scores: pure functions of predicted and actual stats."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scores:
    """How far the predicted means are from the actual ones, over all targets of an evaluation.

    Attributes:
        targets: how many stats were predicted.
        mean_absolute_error: mean of |predicted - actual|, in the stats' own unit.
        root_mean_squared_error: square root of the mean of (predicted - actual)**2, same unit.
        bias: mean of predicted - actual, same unit; above 0 when predictions are too high.
    """

    targets: int
    mean_absolute_error: float
    root_mean_squared_error: float
    bias: float


def score(pairs: Sequence[tuple[float, float]]) -> Scores:
    """Return the scores over every target.

    Args:
        pairs: predicted and actual mean of each target, at least one.
    """
    errors = [predicted - actual for predicted, actual in pairs]
    count = len(errors)
    return Scores(
        targets=count,
        mean_absolute_error=math.fsum(map(abs, errors)) / count,
        root_mean_squared_error=math.sqrt(math.fsum(error * error for error in errors) / count),
        bias=math.fsum(errors) / count,
    )
