"""Whether an image may be evaluated now: decided from a ledger's entries alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from runner.submissions.ladder import Best, PublicScore
from runner.submissions.rules import Rules


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CountedSubmission(_Entry):
    """The unit that a quota counts: one image, by its ID, on one suite, by its digest."""

    submitter: str
    image: str
    suite: str


class Began(_Entry):
    """An evaluation was admitted."""

    event: Literal["began"] = "began"
    id: str
    at: AwareDatetime
    reference: str
    submission: CountedSubmission


class Scored(_Entry):
    """An evaluation was scored: its score on the public split, and what is published of it."""

    event: Literal["scored"] = "scored"
    id: str
    at: AwareDatetime
    value: float
    left_out: tuple[float, ...]
    targets: int
    published: float

    @property
    def score(self) -> PublicScore:
        """The score on the public split."""
        return PublicScore(self.value, self.left_out, self.targets)


class Released(_Entry):
    """An evaluation ended without a score, and is free of charge."""

    event: Literal["released"] = "released"
    id: str
    at: AwareDatetime
    reason: str


@dataclass(frozen=True)
class Attempt:
    """An admitted evaluation; ``ended`` is None while it runs, or if it was cut off."""

    began: Began
    ended: Scored | Released | None

    @property
    def is_charged(self) -> bool:
        """Whether it counts: an evaluation without a score does not."""
        return not isinstance(self.ended, Released)


@dataclass(frozen=True)
class Admitted:
    """It may be evaluated; ``id`` is that of an earlier attempt that has not ended, or None."""

    id: str | None


@dataclass(frozen=True)
class Answered:
    """It has been scored before, and is not evaluated again."""

    attempt: Attempt
    published: float


@dataclass(frozen=True)
class Refused:
    """The quota is used up until then."""

    until: datetime


def list_attempts(entries: Sequence[Began | Scored | Released]) -> list[Attempt]:
    """Return the evaluations in the order in which they began."""
    ended: dict[str, Scored | Released] = {}
    for entry in entries:
        # If two runners make one evaluation and one of them fails, the other's score counts.
        if isinstance(entry, Scored):
            ended[entry.id] = entry
        elif isinstance(entry, Released):
            ended.setdefault(entry.id, entry)
    return [Attempt(each, ended.get(each.id)) for each in entries if isinstance(each, Began)]


def decide(
    attempts: Sequence[Attempt], rules: Rules, submission: CountedSubmission, now: datetime
) -> Admitted | Answered | Refused:
    """Return whether a submission may be evaluated.

    The same image is scored once; a repeated submission gets the published answer again. An
    evaluation that was interrupted is resumed, and charged once.
    """
    own = [each for each in attempts if _is_of_same(each, submission)]
    for each in own:
        if each.began.submission == submission:
            if isinstance(each.ended, Scored):
                return Answered(each, each.ended.published)
            if each.ended is None:
                return Admitted(each.began.id)
    counted = [each.began.at for each in own if each.is_charged]
    recent = sorted(at for at in counted if at > now - rules.period)
    if len(recent) < rules.evaluations:
        return Admitted(None)
    return Refused(recent[-rules.evaluations] + rules.period)


def find_best(
    attempts: Sequence[Attempt], submission: CountedSubmission, before: Sequence[str] = ()
) -> Best | None:
    """Return the submitter's submission that was the last to change what was published.

    Args:
        before: the IDs of evaluations in the order in which they were scored.
    """
    by_id = {each.began.id: each for each in attempts if _is_of_same(each, submission)}
    best: Best | None = None
    for ended in (by_id[id_].ended for id_ in before if id_ in by_id):
        if isinstance(ended, Scored) and (best is None or ended.published != best.published):
            best = Best(ended.score, ended.published)
    return best


def _is_of_same(attempt: Attempt, submission: CountedSubmission) -> bool:
    """Return whether both have the same submitter and the same suite."""
    one = attempt.began.submission
    return (one.submitter, one.suite) == (submission.submitter, submission.suite)
