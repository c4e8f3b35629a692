"""What happens to a submitter's images before the engine runs any of them."""

import pytest

from runner.errors import EngineError, SubmissionError
from runner.submissions.admission import Admission
from runner.submissions.ledger import Ledger


def admission(ledger: Ledger, submitter: str = "team-a") -> Admission:
    def ignore(*_lines: str) -> None:
        pass

    return Admission(ledger, ledger.read()[0], submitter, ignore, ignore)


def unreachable(_reference: str) -> None:
    raise EngineError("nobody answers at 127.0.0.1")


def test_an_image_that_can_not_be_fetched_is_asked_for_three_times_only(ledger: Ledger) -> None:
    for _ in range(3):
        with pytest.raises(EngineError):
            admission(ledger).fetch(["127.0.0.1:1/x"], unreachable)
    asked: list[str] = []
    with pytest.raises(SubmissionError, match="3 times without a score"):
        admission(ledger).fetch(["127.0.0.1:1/x"], asked.append)
    assert not asked
    admission(ledger).fetch(["registry.example/x"], asked.append)  # the control
    assert asked


def test_a_submitter_can_not_try_one_place_after_the_other(ledger: Ledger) -> None:
    """Two evaluations a day, with three failures each."""
    for port in range(6):
        with pytest.raises(EngineError):
            admission(ledger).fetch([f"127.0.0.1:{port}/x"], unreachable)
    with pytest.raises(SubmissionError, match="6 evaluations without a score"):
        admission(ledger).fetch(["127.0.0.1:6/x"], unreachable)
    admission(ledger, "team-b").fetch(["127.0.0.1:6/x"], lambda _: None)  # the control


def test_an_image_that_is_fetched_leaves_no_entry(ledger: Ledger) -> None:
    admission(ledger).fetch(["registry.example/x"], lambda _: None)
    assert ledger.attempts() == []


def test_of_several_images_only_those_that_fail_are_counted(ledger: Ledger) -> None:
    def fetch(reference: str) -> None:
        if reference == "bad":
            raise EngineError("nobody answers")

    admission(ledger).fetch(["bad", "good"], fetch)
    assert [each.began.reference for each in ledger.attempts()] == ["bad"]
