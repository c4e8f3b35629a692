"""A competition's ledger: who may be evaluated, and what is told of a score."""

from datetime import timedelta

from runner.submissions.ledger import Ledger
from runner.submissions.quota import Answered, Began, Refused, Scored
from tests.unit.submissions.builder import NOON, Clock, score, scored, submission


def test_a_third_evaluation_of_two_a_day_is_refused_until_the_first_is_a_day_old(
    ledger: Ledger, clock: Clock
) -> None:
    scored(ledger, submission("1"), 0.5)
    clock.now += timedelta(hours=3)
    scored(ledger, submission("2"), 0.5)
    clock.now += timedelta(hours=3)
    assert ledger.admit(submission("3"), "image") == Refused(NOON + timedelta(hours=24))
    clock.now = NOON + timedelta(hours=24)
    assert isinstance(ledger.admit(submission("3"), "image"), Began)
    assert ledger.admit(submission("4"), "image") == Refused(NOON + timedelta(hours=27))


def test_another_submitter_and_another_suite_have_quotas_of_their_own(ledger: Ledger) -> None:
    for image in "12":
        scored(ledger, submission(image), 0.5)
    assert isinstance(ledger.admit(submission("3"), "image"), Refused)
    assert isinstance(ledger.admit(submission("3", submitter="team-b"), "image"), Began)
    assert isinstance(ledger.admit(submission("3", suite="other"), "image"), Began)


def test_the_same_image_is_answered_from_the_ledger_and_not_charged(ledger: Ledger) -> None:
    told = scored(ledger, submission("1"), 0.52)
    for _ in range(3):
        again = ledger.admit(submission("1"), "another name")
        assert isinstance(again, Answered)
        assert again.published == told == 0.5
    assert isinstance(ledger.admit(submission("2"), "image"), Began)


def test_an_evaluation_without_a_score_is_free_of_charge_and_may_be_tried_again(
    ledger: Ledger,
) -> None:
    for image in "1112":
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
    assert ledger.settle(began, score(0.5), "lower") == 0.5
    assert ledger.settle(began, score(0.1), "lower") == 0.5
    ledger.release(began, "engine fault")
    (attempt,) = ledger.attempts()
    assert attempt.is_charged
    assert isinstance(attempt.ended, Scored)


def test_each_submitter_climbs_a_ladder_of_its_own(ledger: Ledger) -> None:
    assert scored(ledger, submission("1"), 0.2) == 0.2
    assert scored(ledger, submission("2", submitter="team-b"), 0.61) == 0.6
    assert scored(ledger, submission("3", submitter="team-b"), 0.55) == 0.6
    assert scored(ledger, submission("4"), 0.3) == 0.2
