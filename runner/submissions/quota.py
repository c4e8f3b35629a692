"""Whether an image may be evaluated now: decided from a ledger's entries alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from runner.files.submitter_names import identity
from runner.submissions.entries import (
    Attempt,
    Closed,
    CountedSubmission,
    Decision,
    Entry,
    GivenBack,
    Rescored,
    Scored,
    find_closed,
    is_disqualified,
    list_attempts,
)
from runner.submissions.ladder import Best
from runner.submissions.rules import Rules
from runner.untrusted import quote


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
            or that the competition is closed, the submitter disqualified, or the suite corrected.
        until: when it may; None: never.
    """

    why: Literal["evaluations", "failures", "image", "closed", "disqualified", "corrected"]
    until: datetime | None


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
    if any(isinstance(each, Rescored) and each.before == submission.suite for each in entries):
        return Refused("corrected", None)
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
    of_image = [each for each in own if each.began.submission.image == submission.image]
    if sum(each.is_failure_of_image for each in of_image) >= rules.failures:
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
    attempts: Sequence[Attempt],
    submission: CountedSubmission,
    before: Sequence[str],
    baseline: Best,
) -> Best:
    """Return the submitter's submission that was the last to change what was published.

    That is the baseline until one has changed it: else a bad first score would take the baseline's
    place, and every better one be told.

    Args:
        before: the IDs of evaluations in the order in which they were scored.
        baseline: what is published of a submitter at first.
    """
    by_id = {each.began.id: each for each in attempts if _is_of_same(each, submission)}
    best = baseline
    for ended in (by_id[id_].ended for id_ in before if id_ in by_id):
        if isinstance(ended, Scored) and ended.published != best.published:
            best = Best(ended.score, ended.published)
    return best


def _is_of_same(attempt: Attempt, submission: CountedSubmission) -> bool:
    """Return whether both have the same submitter and the same suite."""
    one = attempt.began.submission
    is_same = identity(one.submitter) == identity(submission.submitter)
    return is_same and one.suite == submission.suite
