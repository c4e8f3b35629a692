import pytest

from runner.contract.stat import MetricName, Stat
from runner.scores.stability import (
    CaseComparison,
    Repetition,
    Stability,
    compare_case,
    meets,
    summarize_probe,
    summarize_repetition,
)

NAME = MetricName("predicted_exact_match", "test")


def stats(*means: float) -> list[Stat]:
    return [Stat(NAME, count=1, mean=mean) for mean in means]


def compared(*means: float, files: bytes = b"same") -> CaseComparison:
    """Return the comparison with a first run that predicted 0.5 and 0.7."""
    return compare_case({"f": b"same"}, {"f": files}, stats(0.5, 0.7), stats(*means), 1e-6)


def stability_of(comparison: CaseComparison) -> Stability:
    return summarize_repetition("repeat-1", [comparison], 0.2, 0.1).stability


def test_the_same_bytes_are_byte_equal() -> None:
    assert stability_of(compared(0.5, 0.7)) is Stability.BYTE_EQUAL


def test_the_same_values_in_other_bytes_are_within_tolerance() -> None:
    assert stability_of(compared(0.5 + 1e-9, 0.7, files=b"other")) is Stability.WITHIN_TOLERANCE


def test_a_value_beyond_the_tolerance_is_unstable_and_named() -> None:
    found = compared(0.5, 0.9, files=b"other")
    assert stability_of(found) is Stability.UNSTABLE
    assert (found.targets, found.changed) == (2, 1)
    assert found.largest_difference == pytest.approx(0.2)
    assert found.examples == ("predicted_exact_match split=test",)


def test_another_outcome_is_unstable() -> None:
    found = compared()
    assert found.outcome_changed
    assert stability_of(found) is Stability.UNSTABLE


def test_the_effect_on_the_score_is_told() -> None:
    found = summarize_repetition("shuffled", [compared(0.5, 0.9)], 0.2, 0.15)
    assert found.score_change == pytest.approx(0.05)


def test_predictions_that_do_not_change_do_not_look_at_their_input() -> None:
    assert not summarize_probe([compared(0.5, 0.7, files=b"other")]).looks_at_input
    assert summarize_probe([compared(0.5, 0.8, files=b"other")]).looks_at_input


def repetition(stability: Stability) -> Repetition:
    return Repetition("repeat-1", stability, 2, 0, 0.0, (), 0, 0.1, 0.0)


@pytest.mark.parametrize(
    ("required", "found", "is_met"),
    [
        ("not_required", None, True),
        ("within_tolerance", None, False),
        ("within_tolerance", Stability.WITHIN_TOLERANCE, True),
        ("within_tolerance", Stability.UNSTABLE, False),
        ("byte_equal", Stability.WITHIN_TOLERANCE, False),
        ("byte_equal", Stability.BYTE_EQUAL, True),
    ],
)
def test_a_suite_may_require_determinism(
    required: str, found: Stability | None, is_met: bool
) -> None:
    repetitions = [] if found is None else [repetition(found)]
    assert (meets(required, repetitions) is None) == is_met
