"""The entries of a ledger, and the attempts that they make up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, FiniteFloat

from runner.files.submitter_names import checked_name, identity
from runner.submissions.ladder import PublicScore

ENGINE_FAULT, RUNNER_FAULT = "engine_fault", "runner_fault"
FAULTS_OF_HOST = frozenset({ENGINE_FAULT, RUNNER_FAULT})
"""Reasons why an evaluation ended without a score that say nothing of its image."""

Submitter = Annotated[str, AfterValidator(checked_name)]


class _Entry(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class CountedSubmission(_Entry):
    """The unit that a quota counts: one image, by its ID, on one suite, by its digest."""

    submitter: Submitter
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
    submitter: Submitter


class ScoredAgain(_Entry):
    """A score on a corrected version of the suite, and what is told of it."""

    value: FiniteFloat
    left_out: tuple[FiniteFloat, ...]
    published: FiniteFloat


class Rescored(_Decided):
    """The suite was corrected: the scores on one version are replaced by those on another.

    Attributes:
        before: the digest of the version that counts no longer.
        suite: the digest of the version that takes its place.
        scores: by the attempt's ID; attempts that ended without a score stay so.
    """

    event: Literal["rescored"] = "rescored"
    before: str
    suite: str
    scores: Mapping[str, ScoredAgain]


Decision = Closed | GivenBack | Disqualified
Entry = Began | Scored | Released | Decision | Rescored


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

    @property
    def is_failure_of_image(self) -> bool:
        """Whether it counts so, and the image may be the cause."""
        ended = self.ended
        is_of_image = isinstance(ended, Released) and ended.reason not in FAULTS_OF_HOST
        return self.is_failure and is_of_image


def with_corrections(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries as they count now: those on a corrected suite are on the new version.

    An attempt that was given back and has no new score stays on the version before.
    """
    current: list[Entry] = []
    for entry in entries:
        if isinstance(entry, Rescored):
            current = _corrected(current, entry)
        current.append(entry)
    return current


def _corrected(entries: Sequence[Entry], correction: Rescored) -> list[Entry]:
    without_score = {each.id for each in entries if isinstance(each, Released)}
    moved = without_score | correction.scores.keys()

    def correct(entry: Entry) -> Entry:
        if isinstance(entry, Scored) and entry.id in correction.scores:
            return entry.model_copy(update=dict(correction.scores[entry.id]))
        if isinstance(entry, Began) and entry.id in moved:
            submission = entry.submission
            if submission.suite == correction.before:
                now = submission.model_copy(update={"suite": correction.suite})
                return entry.model_copy(update={"submission": now})
        return entry

    return [correct(entry) for entry in entries]


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
