"""A competition's ledger: who may be evaluated, and what is told of a score."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.submissions.ladder import Best, PublicScore, publish, round_to, standard_error
from runner.submissions.ledger import Ledger
from runner.submissions.quota import Answered, Began, Refused, Scored, Submission
from runner.submissions.rules import Rules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def submission(image: str = "sha256:1", submitter: str = "team-a", suite: str = "s") -> Submission:
    return Submission(submitter=submitter, image=image, suite=suite)


def score(value: float, left_out: Sequence[float] = (0.1, 0.1)) -> PublicScore:
    return PublicScore(value, left_out, 100)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    """Return a ledger of two evaluations a day, with a step of 0.1."""
    made = Ledger(tmp_path / "ledger", clock)
    made.create(Rules(evaluations=2, period_hours=24, step=0.1, seed="s"))
    return made


def scored(ledger: Ledger, asked: Submission, value: float) -> float:
    began = ledger.admit(asked, "image")
    assert isinstance(began, Began)
    return ledger.settle(began, score(value), "lower")


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


def test_lines_are_only_ever_added(ledger: Ledger) -> None:
    before = ledger.path.read_bytes()
    for image in "12":
        scored(ledger, submission(image), 0.5)
        now = ledger.path.read_bytes()
        assert now.startswith(before)
        before = now
    assert before.count(b"\n") == 5


def test_a_line_that_was_cut_off_counts_for_nothing(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + b'{"event":"began","id":"x"')
    scored(ledger, submission("2"), 0.5)
    assert ledger.path.read_bytes().startswith(whole)
    assert len(ledger.attempts()) == 2


def test_a_line_that_was_changed_is_named(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    lines = ledger.path.read_text().splitlines()
    ledger.path.write_text(
        "\n".join([lines[0], lines[1].replace("began", "begun"), *lines[2:]]) + "\n"
    )
    with pytest.raises(UsageError, match="line 2: not an entry"):
        ledger.read()


def test_what_is_no_ledger_is_refused_and_a_ledger_is_not_made_anew(
    ledger: Ledger, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="runner ledger init"):
        Ledger(tmp_path / "none").read()
    (tmp_path / "other").write_text(json.dumps({"a": 1}) + "\n")
    with pytest.raises(UsageError, match="first line"):
        Ledger(tmp_path / "other").read()
    with pytest.raises(UsageError, match="can't be made"):
        ledger.create(Rules(seed="t"))
    assert ledger.path.stat().st_mode & 0o077 == 0


ASK = """
import sys
from pathlib import Path
from runner.submissions.ledger import Ledger
from runner.submissions.quota import Began, Submission
ledger = Ledger(Path(sys.argv[1]))
sys.stdin.readline()
for number in range(20):
    asked = Submission(submitter="team-a", image=f"{sys.argv[2]}-{number}", suite="s")
    print(isinstance(ledger.admit(asked, "image"), Began))
"""


def test_two_runners_at_once_do_not_take_one_evaluation_twice(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    Ledger(path).create(Rules(evaluations=15, seed="s"))
    runners = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    answers = []
    for each in runners:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in runners:
        answers += each.communicate(timeout=60)[0].split()
    assert len(answers) == 40
    assert answers.count("True") == 15
    assert len(Ledger(path).attempts()) == 15


STEP = Rules(step=0.1, seed="s")


@pytest.mark.parametrize(
    ("value", "told"), [(0.38, 0.4), (0.41, 0.5), (0.39, 0.4), (0.45, 0.5), (0.9, 0.5)]
)
def test_the_ladder_tells_a_score_only_if_it_is_better_by_more_than_the_step(
    value: float, told: float
) -> None:
    best = Best(score(0.52), 0.5)
    assert publish(STEP, "lower", best, score(value)) == told


def test_the_ladder_goes_up_where_higher_is_better() -> None:
    best = Best(score(0.5), 0.5)
    assert publish(STEP, "higher", best, score(0.63)) == 0.6
    assert publish(STEP, "higher", best, score(0.58)) == 0.5
    assert publish(STEP, "higher", None, score(0.58)) == 0.6


def test_a_ladder_without_a_step_goes_by_the_standard_error_of_the_difference() -> None:
    """Of the differences 0, 0.03 and 0.06: sqrt(2/3 * 2 * 0.03**2) = 0.0346."""
    rules = Rules(seed="s")
    before, now = score(0.5, (0.5, 0.5, 0.5)), (0.5, 0.53, 0.56)
    assert standard_error(score(0.5, now), before) == pytest.approx(0.034641, abs=1e-6)
    best = Best(before, 0.5)
    assert publish(rules, "lower", best, score(0.464, now)) == 0.46
    assert publish(rules, "lower", best, score(0.466, now)) == 0.5
    assert publish(rules, "lower", best, score(0.1, (0.5, float("nan"), 0.5))) == 0.5


def test_a_score_is_rounded_or_exact_if_the_rules_say_so() -> None:
    best = Best(score(0.5), 0.5)
    assert (
        publish(Rules(publish="rounded", step=0.05, seed="s"), "lower", best, score(0.73)) == 0.75
    )
    assert publish(Rules(publish="exact", seed="s"), "lower", best, score(0.7312)) == 0.7312
    with pytest.raises(ValueError, match="name one"):
        Rules(publish="rounded", seed="s")


def test_a_rounded_score_has_no_noise() -> None:
    assert round_to(0.29999, 0.1) == 0.3
    assert round_to(1 / 3, 1 / 3) == pytest.approx(1 / 3)


def test_each_submitter_climbs_a_ladder_of_its_own(ledger: Ledger) -> None:
    assert scored(ledger, submission("1"), 0.2) == 0.2
    assert scored(ledger, submission("2", submitter="team-b"), 0.61) == 0.6
    assert scored(ledger, submission("3", submitter="team-b"), 0.55) == 0.6
    assert scored(ledger, submission("4"), 0.3) == 0.2
