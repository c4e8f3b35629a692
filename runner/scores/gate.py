"""A gate: the score that an evaluation must have, by a metric of the suite."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runner.errors import UsageError
from runner.scores.metrics import METRICS, Metric
from runner.scores.score import Score


@dataclass(frozen=True)
class Gate:
    """A score must be at least as good as ``value``; which way is better follows from the metric.

    ``value`` is in the metric's own unit.
    """

    metric: Metric
    value: float

    def __str__(self) -> str:
        """Return e.g. ``MAE at most 0.1``."""
        bound = "at most" if self.metric.better == "lower" else "at least"
        return f"{self.metric.title} {bound} {self.value:g}"


@dataclass(frozen=True)
class GateResult:
    """Whether a score meets a gate.

    Attributes:
        score: None if the evaluation has no score of that metric.
    """

    gate: Gate
    score: Score | None
    is_met: bool

    def __str__(self) -> str:
        """Return e.g. ``MAE 0.2000 (0.1500 to 0.2500) is below the gate: MAE at most 0.1``."""
        verdict = "meets" if self.is_met else "is below"
        found = _found(self.gate.metric.title, self.score)
        return f"{found} {verdict} the gate: {self.gate}"


def read_gate(text: str) -> Gate:
    """Return the gate of e.g. ``mae=0.1``.

    Raises:
        UsageError: there is no such metric, it can't be a gate, or the value is no finite number.
    """
    name, _, value = text.partition("=")
    metric = METRICS.get(name.strip().lower())
    usable = [each.name for each in METRICS.values() if each.better is not None]
    if metric is None or metric.better is None:
        why = "there is no such metric" if metric is None else "it has no better side"
        raise UsageError(f"{text!r}: {why}. A gate is METRIC=VALUE, by one of {', '.join(usable)}.")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{text!r}: {value!r} is no finite number; a gate is e.g. {name}=0.1.")
    return Gate(metric, number)


def check_gate(gate: Gate, scores: Sequence[Score]) -> GateResult:
    """Return whether the score over the suite meets the gate; one without a value never does.

    Args:
        scores: over the suite, of any metrics.
    """
    score = next((each for each in scores if each.metric == gate.metric.name), None)
    if score is None or score.value is None:
        return GateResult(gate, score, is_met=False)
    sign = 1 if gate.metric.better == "higher" else -1
    return GateResult(gate, score, is_met=sign * score.value >= sign * gate.value)


def _found(title: str, score: Score | None) -> str:
    if score is None:
        return f"no {title}, which"
    if score.value is None:
        return f"{title} without a value ({score.reason})"
    interval = "" if score.low is None else f" ({score.low:.4f} to {score.high:.4f})"
    return f"{title} {score.value:.4f}{interval}"
