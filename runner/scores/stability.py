"""Predictions of the same case compared, stat by stat: is a predictor deterministic? Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from runner.contract.stat import STAT_VALUES, Stat

MOST_NAMED = 5


class Stability(StrEnum):
    """How closely one more run repeated the first. A closed set, the best first."""

    BYTE_EQUAL = "byte_equal"
    WITHIN_TOLERANCE = "within_tolerance"
    UNSTABLE = "unstable"


@dataclass(frozen=True)
class CaseComparison:
    """What two runs of a case have in common.

    Attributes:
        targets: how many targets either run predicted.
        changed: how many of them differ by more than the tolerance, or are missing in one run.
        largest_difference: between two values of the same field, in the stat's own unit.
        examples: the names of some that changed.
        is_byte_equal: the files were the same, byte by byte.
        outcome_changed: one of the runs was scored, the other not.
    """

    targets: int
    changed: int
    largest_difference: float
    examples: tuple[str, ...]
    is_byte_equal: bool
    outcome_changed: bool


@dataclass(frozen=True)
class Repetition:
    """One more run of every case, against the first.

    Attributes:
        name: the input change's name: ``repeat-1``, ``shuffled``.
        stability: the worst of the cases'.
        outcomes_changed: how many cases ended differently.
        score: the primary metric with this run's predictions, None if it has none.
        score_change: the score minus the first run's.
    """

    name: str
    stability: Stability
    targets: int
    changed: int
    largest_difference: float
    examples: tuple[str, ...]
    outcomes_changed: int
    score: float | None
    score_change: float | None


@dataclass(frozen=True)
class Sensitivity:
    """Whether the predictions depend on what is revealed of the eval runs.

    Attributes:
        changed: targets whose prediction differs without it, or that were not predicted.
        looks_at_input: false if none changed: the predictions depend on the train runs alone.
    """

    targets: int
    changed: int
    looks_at_input: bool


def compare_case(
    first: Mapping[str, bytes],
    second: Mapping[str, bytes],
    first_stats: Sequence[Stat | None],
    second_stats: Sequence[Stat | None],
    tolerance: float,
) -> CaseComparison:
    """Return how two runs of one case differ.

    Args:
        first, second: the files that each wrote.
        first_stats, second_stats: what each predicts for the same targets in the same order; None
            where it does not. Empty if the run was not scored.
    """
    count = max(len(first_stats), len(second_stats))
    outcome_changed = len(first_stats) != len(second_stats)
    differences = (
        [float("inf")] * count
        if outcome_changed
        else [_difference(a, b) for a, b in zip(first_stats, second_stats, strict=True)]
    )
    changed = [number for number, size in enumerate(differences) if size > tolerance]
    named = first_stats or second_stats
    finite = [size for size in differences if size != float("inf")]
    return CaseComparison(
        targets=count,
        changed=len(changed),
        largest_difference=max(finite, default=0.0),
        examples=tuple(str(stat.name) for number in changed if (stat := named[number]) is not None)[
            :MOST_NAMED
        ],
        is_byte_equal=dict(first) == dict(second),
        outcome_changed=outcome_changed,
    )


def summarize_repetition(
    name: str, cases: Iterable[CaseComparison], score: float | None, first_score: float | None
) -> Repetition:
    """Return what a whole repetition shows."""
    found = list(cases)
    changed = sum(case.changed for case in found)
    outcomes_changed = sum(case.outcome_changed for case in found)
    stability = Stability.WITHIN_TOLERANCE
    if changed or outcomes_changed:
        stability = Stability.UNSTABLE
    elif all(case.is_byte_equal for case in found):
        stability = Stability.BYTE_EQUAL
    change = None if score is None or first_score is None else score - first_score
    return Repetition(
        name=name,
        stability=stability,
        targets=sum(case.targets for case in found),
        changed=changed,
        largest_difference=max((case.largest_difference for case in found), default=0.0),
        examples=tuple(example for case in found for example in case.examples)[:MOST_NAMED],
        outcomes_changed=outcomes_changed,
        score=score,
        score_change=change,
    )


def summarize_probe(cases: Iterable[CaseComparison]) -> Sensitivity:
    """Return whether any prediction changed when nothing of the eval runs was revealed."""
    found = list(cases)
    changed = sum(case.changed for case in found)
    targets = sum(case.targets for case in found)
    return Sensitivity(targets, changed, looks_at_input=changed > 0)


def meets(required: str, repetitions: Sequence[Repetition]) -> str | None:
    """Return why repetitions don't show the determinism that a suite requires, or None.

    Args:
        required: ``ScoringPolicy.determinism``.
    """
    if required == "not_required":
        return None
    if not repetitions:
        return "determinism is required, but was not checked"
    enough = [Stability.BYTE_EQUAL]
    enough += [Stability.WITHIN_TOLERANCE] if required == "within_tolerance" else []
    for each in repetitions:
        if each.stability not in enough:
            return f"determinism is required ({required}): {each.name} is {each.stability}"
    return None


def _difference(one: Stat | None, other: Stat | None) -> float:
    """Return the largest difference of any field; infinite if only one of the two has a field."""
    if one is None or other is None:
        return 0.0 if one is other else float("inf")
    largest = 0.0
    for name in STAT_VALUES:
        a, b = getattr(one, name), getattr(other, name)
        if (a is None) != (b is None):
            return float("inf")
        if a is not None:
            largest = max(largest, abs(a - b))
    return largest
