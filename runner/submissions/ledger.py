"""The ledger of a competition: what each event adds to it."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runner.errors import UsageError
from runner.files.signatures import SigningKey
from runner.submissions.entries import (
    Attempt,
    Began,
    Closed,
    CountedSubmission,
    Decision,
    Disqualified,
    Entry,
    GivenBack,
    Released,
    Rescored,
    Scored,
    ScoredAgain,
    find_closed,
    list_attempts,
)
from runner.submissions.ladder import PublicScore
from runner.submissions.ledger_file import create_ledger, growing_ledger, held_ledger
from runner.submissions.quota import Admitted, Answered, Refused, decide, find_problem
from runner.submissions.rules import Rules
from runner.submissions.telling import tell_score


def now_utc() -> datetime:
    """Return the time by which evaluations are counted."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Ledger:
    """A ledger's file.

    Attributes:
        clock: returns the time.
        signing_key: signs what is added.
    """

    path: Path
    clock: Callable[[], datetime] = now_utc
    signing_key: SigningKey | None = None

    def create(self, rules: Rules) -> None:
        """Write the rules as the first line of a new file.

        Raises:
            UsageError: the file is there already, or can't be written.
        """
        create_ledger(self.path, rules, self.signing_key)

    def read(self) -> tuple[Rules, list[Entry]]:
        """Return the rules and all entries."""
        with held_ledger(self.path) as held:
            return held.rules, held.entries

    def read_to_add(self) -> tuple[Rules, list[Entry]]:
        """Return the rules and all entries of a ledger that can be added to.

        Raises:
            UsageError: it is signed with another key, or by none while this has one.
        """
        with growing_ledger(self.path, self.signing_key) as held:
            return held.rules, held.entries

    def admit(self, submission: CountedSubmission, reference: str) -> Began | Answered | Refused:
        """Return the evaluation's entry if it may begin, else the earlier answer or the refusal."""
        with growing_ledger(self.path, self.signing_key) as held:
            decision = decide(held.entries, held.rules, submission, self.clock())
            if not isinstance(decision, Admitted):
                return decision
            if decision.id is not None:
                return next(
                    each
                    for each in held.entries
                    if isinstance(each, Began) and each.id == decision.id
                )
            began = self._begin(submission, reference)
            held.append(began)
            return began

    def find_refusal(self, submission: CountedSubmission) -> Refused | None:
        """Return why a submission may not be evaluated now, or None; nothing is recorded."""
        rules, entries = self.read()
        decision = decide(entries, rules, submission, self.clock())
        return decision if isinstance(decision, Refused) else None

    def fail(self, submission: CountedSubmission, reference: str, reason: str) -> None:
        """Record an evaluation that ended before it could begin."""
        began = self._begin(submission, reference)
        with growing_ledger(self.path, self.signing_key) as held:
            held.append(began)
        self.release(began, reason)

    def _begin(self, submission: CountedSubmission, reference: str) -> Began:
        return Began(
            id=secrets.token_hex(8), at=self.clock(), reference=reference, submission=submission
        )

    def settle(
        self, began: Began, score: PublicScore, baseline: PublicScore, largest_loss: float
    ) -> float:
        """Record a score, and return what is published of it. A recorded score never changes.

        Args:
            baseline: of the train mean, which a submitter's first score is compared with.
            largest_loss: of a target.
        """
        with growing_ledger(self.path, self.signing_key) as held:
            for entry in held.entries:
                if isinstance(entry, Scored) and entry.id == began.id:
                    return entry.published
            order = [entry.id for entry in held.entries if isinstance(entry, Scored)]
            attempts = list_attempts(held.entries)
            published = tell_score(
                held.rules, attempts, order, began.submission, score, baseline, largest_loss
            )
            scored = Scored(
                id=began.id,
                at=self.clock(),
                value=score.value,
                left_out=tuple(score.left_out),
                published=published,
            )
            held.append(scored)
            return published

    def release(self, began: Began, reason: str) -> None:
        """Record that an evaluation ended without a score."""
        with growing_ledger(self.path, self.signing_key) as held:
            ended = [entry for entry in held.entries if isinstance(entry, Scored | Released)]
            if not any(entry.id == began.id for entry in ended):
                held.append(Released(id=began.id, at=self.clock(), reason=reason))

    def close(self, by: str, why: str) -> None:
        """Record that the competition is over.

        Raises:
            UsageError: it is closed already.
        """
        self._decide(lambda at: Closed(at=at, by=by, why=why))

    def give_back(self, attempt: str, by: str, why: str) -> None:
        """Record that an attempt counts no longer.

        Raises:
            UsageError: there is no such attempt, or it has been given back.
        """
        self._decide(lambda at: GivenBack(at=at, by=by, why=why, id=attempt))

    def disqualify(self, submitter: str, by: str, why: str) -> None:
        """Record that a submitter takes part no longer.

        Raises:
            UsageError: it has no attempt, or is disqualified already.
        """
        self._decide(lambda at: Disqualified(at=at, by=by, why=why, submitter=submitter))

    def record_correction(
        self,
        seen: Sequence[Entry],
        before: str,
        suite: str,
        scores: Mapping[str, ScoredAgain],
        by: str,
        why: str,
    ) -> None:
        """Record that scores on one version of a suite are replaced by those on another.

        Args:
            seen: the entries that the new scores follow from.

        Raises:
            UsageError: there are other entries by now.
        """
        with growing_ledger(self.path, self.signing_key) as held:
            if held.entries != list(seen):
                raise UsageError(
                    f"{self.path}: something was added meanwhile, so no score is replaced. Run the "
                    "same command again."
                )
            held.append(
                Rescored(at=self.clock(), by=by, why=why, before=before, suite=suite, scores=scores)
            )

    def _decide(self, make: Callable[[datetime], Decision]) -> None:
        with growing_ledger(self.path, self.signing_key) as held:
            decision = make(self.clock())
            problem = find_problem(held.entries, decision)
            if problem is not None:
                raise UsageError(f"{self.path}: {problem}.")
            held.append(decision)

    @property
    def is_open(self) -> bool:
        """Return whether the competition goes on."""
        return find_closed(self.read()[1]) is None

    def attempts(self) -> list[Attempt]:
        """Return the evaluations in the order in which they began."""
        return list_attempts(self.read()[1])


def new_seed() -> str:
    """Return a seed for the split that nobody can guess."""
    return secrets.token_hex(16)
