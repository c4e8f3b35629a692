"""The ledger of a competition: its rules, then a line for each event; no line ever changes.

Each line is JSON. Whoever reads or appends holds a lock on the file, so that two runners can't both
take a submitter's last evaluation. A line is on the disk before the runner acts on it.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import Field, TypeAdapter, ValidationError

from runner.errors import UsageError
from runner.files.locks import locked_file
from runner.files.submitter_names import identity
from runner.submissions.ladder import Best, PublicScore, find_step, publish, round_up
from runner.submissions.quota import (
    Admitted,
    Answered,
    Attempt,
    Began,
    Closed,
    CountedSubmission,
    Decision,
    Disqualified,
    Entry,
    GivenBack,
    Refused,
    Released,
    Scored,
    decide,
    find_best,
    find_closed,
    is_disqualified,
    list_attempts,
)
from runner.submissions.rules import Rules
from runner.untrusted import quote

ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="event")])


def now_utc() -> datetime:
    """Return the time by which evaluations are counted."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Ledger:
    """A ledger's file; ``clock`` returns the time."""

    path: Path
    clock: Callable[[], datetime] = now_utc

    def create(self, rules: Rules) -> None:
        """Write the rules as the first line of a new file, readable by its owner alone.

        Raises:
            UsageError: the file is there already, or can't be written.
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w+b") as file:
                _append(file, json.dumps({"rules": rules.model_dump(mode="json")}))
        except OSError as error:
            raise UsageError(f"{self.path}: can't be created ({error.strerror}).") from error

    def read(self) -> tuple[Rules, list[Entry]]:
        """Return the rules and all entries."""
        with self._locked() as file:
            return self._parse(file)

    def admit(self, submission: CountedSubmission, reference: str) -> Began | Answered | Refused:
        """Return the evaluation's entry if it may begin, else the earlier answer or the refusal."""
        with self._locked() as file:
            rules, entries = self._parse(file)
            decision = decide(entries, rules, submission, self.clock())
            if not isinstance(decision, Admitted):
                return decision
            if decision.id is not None:
                return next(
                    each for each in entries if isinstance(each, Began) and each.id == decision.id
                )
            began = Began(
                id=secrets.token_hex(8),
                at=self.clock(),
                reference=reference,
                submission=submission,
            )
            _append(file, began.model_dump_json())
            return began

    def find_refusal(self, submission: CountedSubmission) -> Refused | None:
        """Return why a submission may not be evaluated now, or None; nothing is recorded."""
        with self._locked() as file:
            rules, entries = self._parse(file)
        decision = decide(entries, rules, submission, self.clock())
        return decision if isinstance(decision, Refused) else None

    def fail(self, submission: CountedSubmission, reference: str, reason: str) -> None:
        """Record an evaluation that ended before it could begin."""
        began = Began(
            id=secrets.token_hex(8), at=self.clock(), reference=reference, submission=submission
        )
        with self._locked() as file:
            self._parse(file)
            _append(file, began.model_dump_json())
        self.release(began, reason)

    def settle(
        self, began: Began, score: PublicScore, baseline: PublicScore, largest_loss: float
    ) -> float:
        """Record a score, and return what is published of it. A recorded score never changes.

        Args:
            baseline: of the train mean, which a submitter's first score is compared with.
            largest_loss: of a target.
        """
        with self._locked() as file:
            rules, entries = self._parse(file)
            for entry in entries:
                if isinstance(entry, Scored) and entry.id == began.id:
                    return entry.published
            order = [entry.id for entry in entries if isinstance(entry, Scored)]
            step = find_step(rules, baseline, largest_loss)
            best = find_best(list_attempts(entries), began.submission, order)
            best = best or Best(baseline, round_up(baseline.value, step))
            published = publish(rules, step, best, score)
            scored = Scored(
                id=began.id,
                at=self.clock(),
                value=score.value,
                left_out=tuple(score.left_out),
                published=published,
            )
            _append(file, scored.model_dump_json())
            return published

    def release(self, began: Began, reason: str) -> None:
        """Record that an evaluation ended without a score."""
        with self._locked() as file:
            _, entries = self._parse(file)
            ended = [entry for entry in entries if isinstance(entry, Scored | Released)]
            if not any(entry.id == began.id for entry in ended):
                released = Released(id=began.id, at=self.clock(), reason=reason)
                _append(file, released.model_dump_json())

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

    def _decide(self, make: Callable[[datetime], Decision]) -> None:
        with self._locked() as file:
            _, entries = self._parse(file)
            decision = make(self.clock())
            problem = _problem(entries, decision)
            if problem is not None:
                raise UsageError(f"{self.path}: {problem}.")
            _append(file, decision.model_dump_json())

    @property
    def is_open(self) -> bool:
        """Return whether the competition goes on."""
        return find_closed(self.read()[1]) is None

    def attempts(self) -> list[Attempt]:
        """Return the evaluations in the order in which they began."""
        return list_attempts(self.read()[1])

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        try:
            with locked_file(self.path) as file:
                yield file
        except OSError as error:
            raise UsageError(
                f"{self.path}: not a ledger that can be read and written ({error.strerror}). "
                "`runner ledger init FILE` makes one."
            ) from error

    def _parse(self, file: BinaryIO) -> tuple[Rules, list[Entry]]:
        """Return the rules and all entries, and leave the file at its end.

        Raises:
            UsageError: a line is not an entry; also if it is the last one, which may be cut off.
        """
        try:
            first, *lines = file.read().splitlines()
            rules = Rules.model_validate(json.loads(first)["rules"])
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{self.path}: not a ledger: its first line has no rules.") from error
        return rules, [self._parse_line(number, line) for number, line in enumerate(lines, 2)]

    def _parse_line(self, number: int, line: bytes) -> Entry:
        try:
            return ENTRY.validate_json(line)
        except ValidationError as error:
            what = error.errors()[0]["msg"]
            raise UsageError(
                f"{self.path}, line {number}: not an entry: {what}. Restore the line. If "
                "it is the last line and was cut off, remove it: it has had no effect yet."
            ) from error


def _problem(entries: Sequence[Entry], decision: Decision) -> str | None:
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


def new_seed() -> str:
    """Return a seed for the split that nobody can guess."""
    return secrets.token_hex(16)


def _append(file: BinaryIO, line: str) -> None:
    """Add a line, also if an editor has removed the line break at the end."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 1))
    missing = b"" if file.read() in {b"", b"\n"} else b"\n"
    file.write(missing + line.encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())
