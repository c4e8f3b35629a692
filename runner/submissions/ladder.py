"""What is published of a score: the Ladder, which publishes a score only if it is better.

Source: Blum and Hardt (2015), The Ladder: A Reliable Leaderboard for Machine Learning Competitions,
algorithms 1 (with a step) and 2 (by the standard error). Scores are means of bounded losses, which
the proof needs: lower is better. What differs from the paper holds against what a submitter can do
with a single-minded sequence of submissions:

- The first score must beat the baseline's, so that a guess is told nothing.
- A difference counts from three standard errors on, over groups that share no factor; one in six
  random submissions is better by one.
- The step is not below the standard error of the baseline's score: predictions that all come nearer
  by a little have differences without any error.
- A score is rounded to the worse side. Rounded to the better one, 0.02 could be told as 0, which
  nothing is better than.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runner.submissions.rules import Rules

FEWEST_DIFFERENCES = 2
"""The fewest groups; one alone doesn't show how much differences vary."""

STANDARD_ERRORS = 3
"""How many of them a score must be better by."""

SMALLEST_STEP = 0.01
"""Of the largest loss: the step if the baseline's losses don't vary."""


@dataclass(frozen=True)
class PublicScore:
    """A score on the public split: a mean of losses.

    Attributes:
        left_out: for each group of public runs, the score without it, always in the same order.
    """

    value: float
    left_out: Sequence[float]

    def __post_init__(self) -> None:
        """Refuse what is not a finite number: nothing could be compared with it."""
        if not all(map(math.isfinite, (self.value, *self.left_out))):
            raise ValueError("a public score is always a finite number")


@dataclass(frozen=True)
class Best:
    """A submitter's best submission so far, or the baseline: its score, and what is told of it."""

    score: PublicScore
    published: float


def publish(rules: Rules, step: float, best: Best, score: PublicScore) -> float:
    """Return what is published of a submitter's next score.

    With the Ladder: if the score is better than the best one by three standard errors, and by more
    than the step, it is rounded and published; otherwise what was told of the best one stays.
    """
    if rules.publish == "exact":
        return score.value
    rounded = round_up(score.value, step)
    if rules.publish == "rounded":
        return rounded
    needed = max(step, STANDARD_ERRORS * standard_error(score, best.score))
    return rounded if best.score.value - score.value > needed else best.published


def standard_error(one: PublicScore, other: PublicScore) -> float:
    """Return the standard error of the difference of two scores, by the jackknife over groups.

    Infinite if it can't be computed. Source: Efron and Stein (1981), The Annals of Statistics 9.
    """
    pairs = zip(one.left_out, other.left_out, strict=True)
    return _jackknife([first - second for first, second in pairs])


def find_step(rules: Rules, baseline: PublicScore, largest_loss: float) -> float:
    """Return the rules' step, or one digit of the standard error of the baseline's score.

    It follows from the suite and the split alone, and so tells nothing of a submission.
    """
    if rules.step is not None:
        return rules.step
    error = _jackknife(baseline.left_out)
    if not math.isfinite(error):
        return largest_loss
    wanted = max(error, SMALLEST_STEP * largest_loss)
    power = 10.0 ** math.floor(math.log10(wanted))
    # Up to the next digit: never below the standard error, and without the noise of fractions.
    return float(f"{math.ceil(wanted / power - 1e-9) * power:.3g}")


def round_up(value: float, step: float) -> float:
    """Return the smallest multiple of the step that is no better, without noise of fractions."""
    digits = max(0, 6 - math.floor(math.log10(step)))
    return round(math.ceil(value / step - 1e-9) * step, digits)


def _jackknife(left_out: Sequence[float]) -> float:
    count = len(left_out)
    if count < FEWEST_DIFFERENCES:
        return math.inf
    mean = math.fsum(left_out) / count
    return math.sqrt((count - 1) / count * math.fsum((each - mean) ** 2 for each in left_out))
