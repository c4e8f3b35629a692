"""A competition's ledger: who may be evaluated, and what is told of a score."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from runner.errors import UsageError
from runner.submissions.entries import Began, GivenBack, Scored
from runner.submissions.ledger import Ledger
from runner.submissions.quota import Answered, Refused
from tests.unit.submissions.builder import BASELINE, NOON, Clock, score, scored, submission


def test_a_third_evaluation_of_two_a_day_is_refused_until_the_first_is_a_day_old(
    ledger: Ledger, clock: Clock
) -> None:
    scored(ledger, submission("1"), 0.5)
    clock.now += timedelta(hours=3)
    scored(ledger, submission("2"), 0.5)
    clock.now += timedelta(hours=3)
    assert ledger.admit(submission("3"), "image") == Refused(
        "evaluations", NOON + timedelta(hours=24)
    )
    clock.now = NOON + timedelta(hours=24)
    assert isinstance(ledger.admit(submission("3"), "image"), Began)
    assert ledger.admit(submission("4"), "image") == Refused(
        "evaluations", NOON + timedelta(hours=27)
    )


def test_another_submitter_and_another_suite_have_quotas_of_their_own(ledger: Ledger) -> None:
    for image in "12":
        scored(ledger, submission(image), 0.5)
    assert isinstance(ledger.admit(submission("3"), "image"), Refused)
    assert isinstance(ledger.admit(submission("3", submitter="team-b"), "image"), Began)
    assert isinstance(ledger.admit(submission("3", suite="other"), "image"), Began)


def test_the_same_image_is_answered_from_the_ledger_and_not_charged(ledger: Ledger) -> None:
    told = scored(ledger, submission("1"), 0.42)
    for _ in range(3):
        again = ledger.admit(submission("1"), "another name")
        assert isinstance(again, Answered)
        assert again.published == told == 0.5
    assert isinstance(ledger.admit(submission("2"), "image"), Began)


def test_an_evaluation_without_a_score_is_free_of_charge_and_may_be_tried_again(
    ledger: Ledger,
) -> None:
    for image in "112":
        began = ledger.admit(submission(image), "image")
        assert isinstance(began, Began)
        ledger.release(began, "engine fault")
    scored(ledger, submission("1"), 0.5)
    scored(ledger, submission("2"), 0.5)
    assert isinstance(ledger.admit(submission("3"), "image"), Refused)


def test_one_that_was_cut_off_is_taken_up_again_and_charged_once(ledger: Ledger) -> None:
    first = ledger.admit(submission("1"), "image")
    assert ledger.admit(submission("1"), "image") == first
    assert isinstance(ledger.admit(submission("2"), "image"), Began)
    assert isinstance(ledger.admit(submission("3"), "image"), Refused)


def test_a_score_stands_though_a_second_runner_of_the_same_fails_or_scores(ledger: Ledger) -> None:
    began = ledger.admit(submission("1"), "image")
    assert isinstance(began, Began)
    ledger.release(began, "engine fault")
    assert ledger.settle(began, score(0.5), BASELINE, 1.0) == 0.5
    assert ledger.settle(began, score(0.1), BASELINE, 1.0) == 0.5
    ledger.release(began, "engine fault")
    (attempt,) = ledger.attempts()
    assert attempt.is_charged
    assert isinstance(attempt.ended, Scored)


def test_each_submitter_climbs_a_ladder_of_its_own(ledger: Ledger) -> None:
    assert scored(ledger, submission("1"), 0.2) == 0.2
    assert scored(ledger, submission("2", submitter="team-b"), 0.58) == 0.6
    assert scored(ledger, submission("3", submitter="team-b"), 0.5) == 0.6
    assert scored(ledger, submission("4"), 0.3) == 0.2


def test_after_a_bad_first_score_the_next_must_beat_the_baseline_all_the_same(
    ledger: Ledger, clock: Clock
) -> None:
    """Else each step from the largest loss down to the baseline would be told: an equation each."""
    told = []
    for number, value in enumerate((0.99, 0.8, 0.6, 0.4, 0.31, 0.19)):
        began = ledger.admit(submission(str(number)), "image")
        assert isinstance(began, Began)
        told.append(ledger.settle(began, score(value), score(0.3), 1.0))
        clock.now += timedelta(days=1)
    assert told == [0.3] * 5 + [0.2]


def fail(ledger: Ledger, image: str, reason: str = "failed") -> None:
    began = ledger.admit(submission(image), "image")
    assert isinstance(began, Began)
    ledger.release(began, reason)


def test_an_image_that_fails_again_and_again_is_not_run_again(ledger: Ledger, clock: Clock) -> None:
    for _ in range(3):
        fail(ledger, "1")
    clock.now += timedelta(days=30)
    assert ledger.admit(submission("1"), "image") == Refused("image", None)
    assert isinstance(ledger.admit(submission("2"), "image"), Began)


@pytest.mark.parametrize("reason", ["engine_fault", "runner_fault"])
def test_an_image_is_run_again_however_often_the_machine_failed(
    ledger: Ledger, reason: str
) -> None:
    """Its author is told to submit it again, and could not change anything about it."""
    for _ in range(3):
        fail(ledger, "1", reason)
    for _ in range(2):
        fail(ledger, "1")
    assert isinstance(ledger.admit(submission("1"), "image"), Began)


def test_faults_of_the_machine_are_counted_within_a_period(ledger: Ledger) -> None:
    """Else whoever finds out how to cause one would have as many as it likes."""
    for number in range(6):
        fail(ledger, str(number), "engine_fault")
    assert ledger.admit(submission("6"), "image") == Refused("failures", NOON + timedelta(hours=24))


def test_a_submitters_failures_are_counted_over_its_images(ledger: Ledger) -> None:
    """Two evaluations a day, with three failures each: a new label makes a new image."""
    for number in range(6):
        fail(ledger, str(number))
    assert ledger.admit(submission("6"), "image") == Refused("failures", NOON + timedelta(hours=24))
    assert isinstance(ledger.admit(submission("6", submitter="team-b"), "image"), Began)


@pytest.mark.parametrize("other", ["Team-A", "team-a ", "team_a", "TEAM A"])
def test_another_spelling_has_no_quota_of_its_own(ledger: Ledger, other: str) -> None:
    told = scored(ledger, submission("1"), 0.42)
    again = ledger.admit(submission("1", submitter=other), "image")
    assert isinstance(again, Answered)
    assert again.published == told
    scored(ledger, submission("2", submitter=other), 0.5)
    assert isinstance(ledger.admit(submission("3"), "image"), Refused)


def test_an_attempt_that_is_given_back_counts_no_longer(ledger: Ledger, clock: Clock) -> None:
    began = ledger.admit(submission("1"), "image")
    assert isinstance(began, Began)
    ledger.settle(began, score(0.5), BASELINE, 1.0)
    scored(ledger, submission("2"), 0.5)
    assert isinstance(ledger.admit(submission("3"), "image"), Refused)  # the control
    ledger.give_back(began.id, by="ann", why="the disk was full")
    assert isinstance(ledger.admit(submission("3"), "image"), Began)
    entry = ledger.read()[1][-2]
    assert isinstance(entry, GivenBack)
    assert (entry.by, entry.why, entry.at) == ("ann", "the disk was full", clock.now)


def test_a_failure_that_is_given_back_is_none(ledger: Ledger) -> None:
    for _ in range(3):
        fail(ledger, "1")
    first = ledger.attempts()[0].began.id
    ledger.give_back(first, by="ann", why="the engine was down")
    assert isinstance(ledger.admit(submission("1"), "image"), Began)


def test_who_is_disqualified_is_evaluated_no_longer_however_it_is_spelled(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    ledger.disqualify("team-a", by="ann", why="two accounts")
    asked = submission("2", submitter="Team A")
    assert ledger.admit(asked, "image") == Refused("disqualified", None)
    assert isinstance(ledger.admit(submission("2", submitter="team-b"), "image"), Began)


def test_nothing_begins_after_the_end(ledger: Ledger) -> None:
    assert ledger.is_open
    ledger.close(by="ann", why="the deadline")
    assert not ledger.is_open
    assert ledger.admit(submission("1"), "image") == Refused("closed", None)


def test_a_decision_that_would_change_nothing_is_refused_and_not_written(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    began = ledger.attempts()[0].began.id
    ledger.give_back(began, by="ann", why="x")
    ledger.disqualify("team-a", by="ann", why="x")
    ledger.close(by="ann", why="x")
    whole = ledger.path.read_bytes()
    decisions: list[tuple[Callable[[], None], str]] = [
        (lambda: ledger.close("ann", "x"), "closed already"),
        (lambda: ledger.give_back(began, "ann", "x"), "given back already"),
        (lambda: ledger.give_back("none", "ann", "x"), "no attempt 'none'"),
        (lambda: ledger.disqualify("Team A", "ann", "x"), "disqualified already"),
        (lambda: ledger.disqualify("team-z", "ann", "x"), "not submitted anything"),
    ]
    for decide, said in decisions:
        with pytest.raises(UsageError, match=said):
            decide()
    assert ledger.path.read_bytes() == whole
