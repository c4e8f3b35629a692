"""What happens to a submitter's images before the engine runs any of them."""

from datetime import timedelta

import pytest

from runner.errors import (
    EngineError,
    LackOfRoomError,
    NoRoomError,
    SubmissionError,
    UsageError,
)
from runner.submissions.admission import Admission
from runner.submissions.entries import Began
from runner.submissions.ledger import Ledger
from tests.unit.submissions.builder import Clock, scored, submission

SUITES = ("s",)


def admission(ledger: Ledger, submitter: str = "team-a") -> Admission:
    def ignore(*_lines: str) -> None:
        pass

    return Admission(ledger, ledger.read()[0], submitter, ignore, ignore)


class Fetched:
    """Notes what a registry is asked for; the engine has the images that are named."""

    def __init__(self, *there: str) -> None:
        self.there = there
        self.of_registries: list[str] = []

    def __call__(self, reference: str, may_ask: bool) -> None:
        if reference in self.there:
            return
        if not may_ask:
            raise UsageError("not on the engine")
        self.of_registries.append(reference)


def unreachable(_reference: str, _may_ask: bool) -> None:
    raise EngineError("nobody answers at 127.0.0.1")


def lacking(_reference: str, _may_ask: bool) -> None:
    raise UsageError("its registry does not have it")


def test_an_image_that_its_registry_lacks_is_asked_for_three_times_only(ledger: Ledger) -> None:
    for _ in range(3):
        with pytest.raises(UsageError):
            admission(ledger).fetch(["127.0.0.1:1/x"], SUITES, lacking)
    asked = Fetched()
    with pytest.raises(SubmissionError, match="3 times without a score"):
        admission(ledger).fetch(["127.0.0.1:1/x"], SUITES, asked)
    assert not asked.of_registries
    admission(ledger).fetch(["registry.example/x"], SUITES, asked)  # the control
    assert asked.of_registries


@pytest.mark.parametrize("error", [EngineError("nobody answers"), LackOfRoomError("no room")])
def test_an_image_may_be_submitted_again_when_its_registry_answers_or_there_is_room(
    ledger: Ledger, clock: Clock, error: EngineError
) -> None:
    """Whoever submits it is not asked for ever: two evaluations a day, with three failures each."""

    def fail(_reference: str, _may_ask: bool) -> None:
        raise error

    asked = Fetched()
    for _ in range(5):
        with pytest.raises(EngineError):
            admission(ledger).fetch(["registry.example/x"], SUITES, fail)
    admission(ledger).fetch(["registry.example/x"], SUITES, asked)
    with pytest.raises(EngineError):
        admission(ledger).fetch(["registry.example/x"], SUITES, fail)
    with pytest.raises(SubmissionError, match="6 evaluations without a score"):
        admission(ledger).fetch(["registry.example/x"], SUITES, asked)
    assert len(asked.of_registries) == 1
    clock.now += timedelta(days=1)
    admission(ledger).fetch(["registry.example/x"], SUITES, asked)
    assert len(asked.of_registries) == 2


def test_a_submitter_can_not_try_one_place_after_the_other(ledger: Ledger) -> None:
    """Two evaluations a day, with three failures each."""
    for port in range(6):
        with pytest.raises(EngineError):
            admission(ledger).fetch([f"127.0.0.1:{port}/x"], SUITES, unreachable)
    with pytest.raises(SubmissionError, match="6 evaluations without a score"):
        admission(ledger).fetch(["127.0.0.1:6/x"], SUITES, unreachable)
    admission(ledger, "team-b").fetch(["127.0.0.1:6/x"], SUITES, Fetched())  # the control


def test_an_image_that_is_fetched_leaves_no_entry(ledger: Ledger) -> None:
    admission(ledger).fetch(["registry.example/x"], SUITES, Fetched())
    assert ledger.attempts() == []


def test_of_several_images_only_those_that_fail_are_counted(ledger: Ledger) -> None:
    def fetch(reference: str, _may_ask: bool) -> None:
        if reference == "bad":
            raise EngineError("nobody answers")

    admission(ledger).fetch(["bad", "good"], SUITES, fetch)
    assert [each.began.reference for each in ledger.attempts()] == ["bad"]


def test_whose_quota_is_used_up_has_nothing_more_fetched(ledger: Ledger) -> None:
    """Images that are never evaluated could fill the disk, and nobody else's be fetched then."""
    asked = Fetched()
    scored(ledger, submission("sha256:1"), 0.5)
    admission(ledger).fetch(["registry.example/2"], SUITES, asked)  # the control
    scored(ledger, submission("sha256:2"), 0.5)
    with pytest.raises(SubmissionError, match="has used its 2 evaluations within 24 hours"):
        admission(ledger).fetch(["registry.example/3"], SUITES, asked)
    assert asked.of_registries == ["registry.example/2"]
    admission(ledger).fetch(["registry.example/3"], ("s", "another"), asked)
    admission(ledger, "team-b").fetch(["registry.example/4"], SUITES, asked)
    assert asked.of_registries[1:] == ["registry.example/3", "registry.example/4"]


def test_an_image_that_is_there_or_has_begun_is_looked_at_though_the_quota_is_used_up(
    ledger: Ledger,
) -> None:
    scored(ledger, submission("sha256:1"), 0.5)
    assert isinstance(ledger.admit(submission("sha256:2"), "registry.example/2"), Began)
    asked = Fetched("registry.example/1")
    admission(ledger).fetch(["registry.example/1"], SUITES, asked)
    assert not asked.of_registries
    admission(ledger, "Team A").fetch(["registry.example/2"], SUITES, asked)  # was cut off
    assert asked.of_registries == ["registry.example/2"]


def test_that_the_disk_is_full_is_counted_against_nobody(ledger: Ledger) -> None:
    def full(_reference: str, _may_ask: bool) -> None:
        raise NoRoomError("the engine's disk has only 0.1 GiB free")

    for _ in range(4):
        with pytest.raises(NoRoomError):
            admission(ledger).fetch(["registry.example/x"], SUITES, full)
    assert ledger.attempts() == []
