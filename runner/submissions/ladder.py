"""What is published of a score: the Ladder, which publishes a score only if it is better.

Source: Blum and Hardt (2015), The Ladder: A Reliable Leaderboard for Machine Learning Competitions,
algorithms 1 (with a step) and 2 (without).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from runner.submissions.rules import Rules

Better = Literal["lower", "higher"]

FEWEST_DIFFERENCES = 2
"""The fewest pairs; one alone doesn't show how much differences vary."""


@dataclass(frozen=True)
class PublicScore:
    """A score on the public split.

    Attributes:
        left_out: the score without each of the public pairs of scenario and model.
        targets: how many targets the score is computed from.
    """

    value: float
    left_out: Sequence[float]
    targets: int


@dataclass(frozen=True)
class Best:
    """A submitter's best submission so far: its score, and what was published of it."""

    score: PublicScore
    published: float


def publish(rules: Rules, better: Better, best: Best | None, score: PublicScore) -> float:
    """Return what is published of a submitter's next score.

    With the Ladder: if the score is better than the last published one by more than the step, it is
    rounded and published; otherwise the last published one stays.
    """
    if rules.publish == "exact":
        return score.value
    rounded = round_to(score.value, rules.step or 1 / score.targets)
    if rules.publish == "rounded" or best is None:
        return rounded
    gain = best.published - score.value if better == "lower" else score.value - best.published
    needed = rules.step or standard_error(score, best.score)
    return rounded if gain > needed else best.published


def standard_error(one: PublicScore, other: PublicScore) -> float:
    """Return the standard error of the difference of two scores, by the jackknife.

    What is left out in turn is a pair of scenario and model. Infinite if it can't be computed.
    Source: Efron and Stein (1981), The Annals of Statistics 9.
    """
    pairs = zip(one.left_out, other.left_out, strict=True)
    differences = [first - second for first, second in pairs]
    count = len(differences)
    if count < FEWEST_DIFFERENCES or not all(map(math.isfinite, differences)):
        return math.inf
    mean = math.fsum(differences) / count
    return math.sqrt((count - 1) / count * math.fsum((each - mean) ** 2 for each in differences))


def round_to(value: float, step: float) -> float:
    """Return the multiple of the step that is nearest, without the noise of binary fractions."""
    digits = max(0, 6 - math.floor(math.log10(step)))
    return round(round(value / step) * step, digits)
