"""The file of a ledger: the rules, then a line for each entry; no line ever changes.

Each line is JSON. Whoever reads holds a lock on the file, and whoever appends holds it alone, so
that two runners can't both take a submitter's last evaluation. A line is on the disk before the
runner acts on it.

With an organizer's key each line is signed together with all before it; the first names the key.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from errno import ENOENT
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from runner.errors import UsageError
from runner.files.locks import locked_file
from runner.files.regular_files import read_regular
from runner.files.signatures import PublicKey, SigningKey
from runner.files.whole_writes import PRIVATE_FILE, new_file
from runner.submissions.entries import Began, Entry, GivenBack, Released, Scored, with_corrections
from runner.submissions.rules import Rules
from runner.submissions.signed_lines import ChangedLineError, check_lines, sign_line
from runner.untrusted import quote

ENTRY: TypeAdapter[Entry] = TypeAdapter(
    Annotated[Entry, Field(discriminator="event")], config=ConfigDict(defer_build=True)
)

RESTORE = (
    "Restore the line. If it is the last line and was cut off, remove it: it has had no effect yet."
)


@dataclass(frozen=True)
class VerifiedLedger:
    """Whether a key has signed every line of a ledger.

    Attributes:
        finding: what is wrong, None if nothing is.
        lines: how many there are.
        last: when the last entry was written, None if there is none.
    """

    finding: str | None
    lines: int = 0
    last: datetime | None = None


@dataclass(frozen=True)
class HeldLedger:
    """A ledger that nobody else adds to meanwhile."""

    rules: Rules
    entries: list[Entry]
    _file: BinaryIO = field(repr=False)
    _signing_key: SigningKey | None = field(repr=False)

    def append(self, entry: Entry) -> None:
        """Add an entry."""
        _write_line(self._file, entry.model_dump_json(), self._signing_key)


def create_ledger(path: Path, rules: Rules, signing_key: SigningKey | None) -> None:
    """Write the rules as the first line of a new file, readable by its owner alone.

    Raises:
        UsageError: the file is there already, or can't be written.
    """
    named = {} if signing_key is None else {"key": signing_key.public.hex}
    line = json.dumps({"rules": rules.model_dump(mode="json"), **named})
    try:
        with new_file(path, PRIVATE_FILE) as file:
            file.write(_line(line, signing_key, b""))
    except OSError as error:
        raise UsageError(f"{path}: can't be created ({error.strerror}).") from error


@contextmanager
def held_ledger(path: Path) -> Iterator[HeldLedger]:
    """Yield a ledger to read, which this user need not be allowed to write.

    Raises:
        UsageError: it can't be read, or a line is not as it was written.
    """
    with _locked(path, "rb") as file:
        yield HeldLedger(*_parse(path, file.read()), file, None)


@contextmanager
def growing_ledger(path: Path, signing_key: SigningKey | None) -> Iterator[HeldLedger]:
    """Yield a ledger to add to.

    Raises:
        UsageError: it can't be read, a line is not as it was written, or the ledger is signed with
            another key, or by none while this has one.
    """
    with _locked(path) as file:
        content = file.read()
        _check_key(path, _read_signer(content), signing_key)
        yield HeldLedger(*_parse(path, content), file, signing_key)


def verify_ledger(path: Path, key: PublicKey) -> VerifiedLedger:
    """Return whether a key has signed every line. The file is only read.

    Raises:
        UsageError: it can't be read.
    """
    try:
        content = read_regular(path)
    except OSError as error:
        raise UsageError(f"{path}: can't be read ({error.strerror}).") from error
    signer = _read_signer(content)
    if signer != key:
        how = "not signed" if signer is None else f"signed by another key, {signer.hex}"
        return VerifiedLedger(f"{path}: {how}; the key given is {key.hex}")
    try:
        _, entries = _parse(path, content)
    except UsageError as error:
        return VerifiedLedger(str(error))
    return VerifiedLedger(None, 1 + len(entries), entries[-1].at if entries else None)


@contextmanager
def _locked(path: Path, mode: Literal["rb", "r+b"] = "r+b") -> Iterator[BinaryIO]:
    try:
        with locked_file(path, mode) as file:
            yield file
    except OSError as error:
        what = "read" if mode == "rb" else "read and written"
        advice = " `runner ledger init FILE` makes one." if error.errno == ENOENT else ""
        raise UsageError(
            f"{path}: not a ledger that can be {what} ({error.strerror}).{advice}"
        ) from error


def _check_key(path: Path, signer: PublicKey | None, signing_key: SigningKey | None) -> None:
    own = None if signing_key is None else signing_key.public
    if own == signer:
        return
    if signer is None:
        raise UsageError(
            f"{path}: was made without a key, so its lines can't be signed. Leave out --sign-with, "
            "or make another ledger with `runner ledger init FILE --sign-with KEY`."
        )
    given = "no key is given" if own is None else f"the key given is {own.hex}"
    raise UsageError(
        f"{path}: every line is signed by the key {signer.hex}, and {given}. Name the file of its "
        "private key with --sign-with."
    )


def _parse(path: Path, content: bytes) -> tuple[Rules, list[Entry]]:
    """Return the rules and all entries, as they count now.

    Raises:
        UsageError: a line is not an entry, or not signed though the first one names a key; also if
            it is the last one, which may be cut off. Or the line is missing that began what another
            one ends.
    """
    lines = content.splitlines()
    try:
        rules = Rules.model_validate(json.loads(lines[0])["rules"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UsageError(f"{path}: not a ledger: its first line has no rules.") from error
    signer = _read_signer(content)
    if signer is not None:
        try:
            lines = check_lines(lines, signer)
        except ChangedLineError as error:
            raise UsageError(f"{path}, {error}. {RESTORE}") from error
    entries = [_parse_line(path, number, line) for number, line in enumerate(lines[1:], 2)]
    _refuse_without_beginning(path, entries)
    return rules, with_corrections(entries)


def _refuse_without_beginning(path: Path, entries: Sequence[Entry]) -> None:
    begun = set()
    for number, entry in enumerate(entries, 2):
        if isinstance(entry, Began):
            begun.add(entry.id)
        elif isinstance(entry, Scored | Released | GivenBack) and entry.id not in begun:
            raise UsageError(
                f"{path}, line {number}: of the attempt {quote(entry.id)}, and no line before it "
                "says that this began. Restore the line that is missing or was changed."
            )


def _parse_line(path: Path, number: int, line: bytes) -> Entry:
    try:
        return ENTRY.validate_json(line)
    except ValidationError as error:
        what = error.errors()[0]["msg"]
        raise UsageError(f"{path}, line {number}: not an entry: {what}. {RESTORE}") from error


def _read_signer(content: bytes) -> PublicKey | None:
    """Return the key that the first line of a ledger names."""
    try:
        named = json.loads(content.partition(b"\n")[0]).get("key")
    except (ValueError, AttributeError):  # no ledger
        return None
    return None if named is None else PublicKey(str(named))


def _write_line(file: BinaryIO, line: str, key: SigningKey | None) -> None:
    """Add a line, or nothing: the rest of a line would close the ledger to everybody."""
    file.seek(0)
    content = file.read()
    added, written = _line(line, key, content), 0
    try:
        while written < len(added):
            written += os.pwrite(file.fileno(), added[written:], len(content) + written)
        os.fsync(file.fileno())
    except BaseException:
        os.ftruncate(file.fileno(), len(content))
        raise


def _line(line: str, key: SigningKey | None, before: bytes) -> bytes:
    """Return a line to add, also if an editor has removed the line break at the end."""
    missing = b"" if before[-1:] in {b"", b"\n"} else b"\n"
    added = line.encode() if key is None else sign_line(line.encode(), before.splitlines(), key)
    return missing + added + b"\n"
