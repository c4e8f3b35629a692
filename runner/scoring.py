"""Scores: pure functions of predicted and actual stats."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from runner.contract.stat import Stat, Target


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


def score(predicted: Mapping[Target, Stat], actual: Mapping[Target, Stat]) -> Scores:
    """Return the scores over every target.

    Args:
        predicted, actual: one stat per target, each with a mean; the same targets.

    Raises:
        ValueError: the two don't have the same targets, or there are none.
    """
    if predicted.keys() != actual.keys() or not actual:
        raise ValueError("predicted and actual must have the same targets, at least one")
    errors = [_mean(predicted[target]) - _mean(actual[target]) for target in actual]
    count = len(errors)
    return Scores(
        targets=count,
        mean_absolute_error=math.fsum(map(abs, errors)) / count,
        root_mean_squared_error=math.sqrt(math.fsum(error * error for error in errors) / count),
        bias=math.fsum(errors) / count,
    )


def _mean(stat: Stat) -> float:
    if stat.mean is None:
        raise ValueError(f"{stat.name} has no mean")
    return stat.mean
