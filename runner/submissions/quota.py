"""Whether an image may be evaluated now: decided from a ledger's entries alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, FiniteFloat

from runner.files.submitter_names import identity
from runner.submissions.ladder import Best, PublicScore
from runner.submissions.rules import Rules
from runner.untrusted import quote


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
    """An evaluation was scored: its score on the public split, and what is published of it.

    Numbers alone: JSON has no NaN, and a line that can't be read stops the whole competition.
    """

    event: Literal["scored"] = "scored"
    id: str
    at: AwareDatetime
    value: FiniteFloat
    left_out: tuple[FiniteFloat, ...]
    published: FiniteFloat

    @property
    def score(self) -> PublicScore:
        """The score on the public split."""
        return PublicScore(self.value, self.left_out)


class Released(_Entry):
    """An evaluation ended without a score, and is free of charge."""

    event: Literal["released"] = "released"
    id: str
    at: AwareDatetime
    reason: str


class _Decided(_Entry):
    """What the organizer decided.

    Attributes:
        by: who.
    """

    at: AwareDatetime
    by: str
    why: str


class Closed(_Decided):
    """The competition is over: no evaluation begins, and the private split may be shown."""

    event: Literal["closed"] = "closed"


class GivenBack(_Decided):
    """An attempt counts no longer, neither as an evaluation nor as a failure."""

    event: Literal["given_back"] = "given_back"
    id: str


class Disqualified(_Decided):
    """A submitter is evaluated no longer, and stands on no board."""

    event: Literal["disqualified"] = "disqualified"
    submitter: str


Decision = Closed | GivenBack | Disqualified
Entry = Began | Scored | Released | Decision


@dataclass(frozen=True)
class Attempt:
    """An admitted evaluation; ``ended`` is None while it runs, or if it was cut off."""

    began: Began
    ended: Scored | Released | None
    is_given_back: bool = False

    @property
    def is_charged(self) -> bool:
        """Whether it counts: an evaluation without a score does not."""
        return not self.is_given_back and not isinstance(self.ended, Released)

    @property
    def is_failure(self) -> bool:
        """Whether it counts as an evaluation without a score."""
        return not self.is_given_back and isinstance(self.ended, Released)


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
    """It may not be evaluated now.

    Attributes:
        why: what is used up: the submitter's evaluations, its failures, or the image's failures;
            or that the competition is closed, or the submitter disqualified.
        until: when it may; None: never.
    """

    why: Literal["evaluations", "failures", "image", "closed", "disqualified"]
    until: datetime | None


def find_closed(entries: Sequence[Entry]) -> Closed | None:
    """Return the entry that closed the competition, or None while it is open."""
    return next((entry for entry in entries if isinstance(entry, Closed)), None)


def is_disqualified(entries: Sequence[Entry], submitter: str) -> bool:
    """Return whether a submitter is."""
    names = {identity(each.submitter) for each in entries if isinstance(each, Disqualified)}
    return identity(submitter) in names


def list_attempts(entries: Sequence[Entry]) -> list[Attempt]:
    """Return the evaluations in the order in which they began."""
    ended: dict[str, Scored | Released] = {}
    given_back = {entry.id for entry in entries if isinstance(entry, GivenBack)}
    for entry in entries:
        # If two runners make one evaluation and one of them fails, the other's score counts.
        if isinstance(entry, Scored):
            ended[entry.id] = entry
        elif isinstance(entry, Released):
            ended.setdefault(entry.id, entry)
    return [
        Attempt(each, ended.get(each.id), each.id in given_back)
        for each in entries
        if isinstance(each, Began)
    ]


def find_problem(entries: Sequence[Entry], decision: Decision) -> str | None:
    """Return why a decision would change nothing, or None."""
    if isinstance(decision, Closed):
        return None if find_closed(entries) is None else "the competition is closed already"
    attempts = list_attempts(entries)
    if isinstance(decision, GivenBack):
        found = [each for each in attempts if each.began.id == decision.id]
        if not found:
            shown = quote(decision.id)
            return f"there is no attempt {shown}; `runner ledger show` shows the IDs"
        return "this attempt has been given back already" if found[0].is_given_back else None
    name = quote(decision.submitter)
    try:
        names = {identity(each.began.submission.submitter) for each in attempts}
        if identity(decision.submitter) not in names:
            return f"{name} has not submitted anything"
    except ValueError as error:
        return str(error)
    return (
        f"{name} is disqualified already" if is_disqualified(entries, decision.submitter) else None
    )


def decide(
    entries: Sequence[Entry], rules: Rules, submission: CountedSubmission, now: datetime
) -> Admitted | Answered | Refused:
    """Return whether a submission may be evaluated.

    The same image is scored once; a repeated submission gets the published answer again. An
    evaluation that was interrupted is resumed, and charged once.
    """
    if find_closed(entries) is not None:
        return Refused("closed", None)
    if is_disqualified(entries, submission.submitter):
        return Refused("disqualified", None)
    own = [each for each in list_attempts(entries) if _is_of_same(each, submission)]
    for each in own:
        if each.began.submission.image == submission.image:
            if isinstance(each.ended, Scored):
                return Answered(each, each.ended.published)
            if each.ended is None:
                return Admitted(each.began.id)
    return _refuse(own, rules, submission, now) or Admitted(None)


def _refuse(
    own: Sequence[Attempt], rules: Rules, submission: CountedSubmission, now: datetime
) -> Refused | None:
    """Return why a submitter may not begin another evaluation now, or None."""
    free = [each for each in own if each.is_failure]
    if sum(each.began.submission.image == submission.image for each in free) >= rules.failures:
        return Refused("image", None)
    charged = [each for each in own if each.is_charged]
    limits: tuple[tuple[Literal["evaluations", "failures"], list[Attempt], int], ...] = (
        ("evaluations", charged, 1),
        ("failures", free, rules.failures),
    )
    for why, attempts, times in limits:
        most = times * rules.evaluations
        recent = sorted(a.began.at for a in attempts if a.began.at > now - rules.period)
        if len(recent) >= most:
            return Refused(why, recent[-most] + rules.period)
    return None


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
    is_same = identity(one.submitter) == identity(submission.submitter)
    return is_same and one.suite == submission.suite
