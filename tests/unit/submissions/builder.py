"""Submissions, their scores, and a clock that stands still."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from runner.submissions.entries import Began, CountedSubmission
from runner.submissions.ladder import PublicScore
from runner.submissions.ledger import Ledger

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def submission(
    image: str = "sha256:1", submitter: str = "team-a", suite: str = "s"
) -> CountedSubmission:
    return CountedSubmission(submitter=submitter, image=image, suite=suite)


def score(value: float, left_out: Sequence[float] = (0.1, 0.1)) -> PublicScore:
    return PublicScore(value, left_out)


BASELINE = score(0.9)
"""What is told without a better submission."""


def scored(ledger: Ledger, asked: CountedSubmission, value: float) -> float:
    began = ledger.admit(asked, "image")
    assert isinstance(began, Began)
    return ledger.settle(began, score(value), BASELINE, 1.0)
