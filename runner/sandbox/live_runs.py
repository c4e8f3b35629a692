"""The runner's own record of which evaluations have things on an engine.

A label alone proves nothing: the LABELs of an image are also on its containers. So this record
decides what is removed after a crash. It has one small file per evaluation. The runner holds a lock
on the file as long as it lives; the kernel drops the lock however the runner ends.
"""

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runner.errors import UsageError
from runner.files.locks import new_held_file, unheld_file
from runner.files.user_directories import state_directory

TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Entry:
    """An evaluation: its label's value, which is on all that it made, and the engine it uses."""

    token: str
    engine: str
    path: Path


def _directory() -> Path:
    return state_directory() / "evaluations"


@contextmanager
def recorded(engine: str) -> Iterator[Entry]:
    """Yield a locked entry for a new evaluation; its file stays unless ``settle`` removes it.

    Raises:
        UsageError: the state directory can't be written.
    """
    directory = _directory()
    token = secrets.token_hex(16)
    path = directory / f"{token}.json"
    content = json.dumps({"engine": engine, "pid": os.getpid()})
    with ExitStack() as held:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            held.enter_context(new_held_file(path, content.encode()))
        except OSError as error:
            raise UsageError(
                f"{directory}: can't be written ({error.strerror}). The runner records there what "
                "it makes on the engine; set XDG_STATE_HOME to a writable directory."
            ) from error
        yield Entry(token, engine, path)


def settle(entry: Entry) -> None:
    """Remove an entry, because nothing of its evaluation is left on the engine."""
    entry.path.unlink(missing_ok=True)


def known_tokens() -> frozenset[str]:
    """Return the tokens of all recorded evaluations, also of those that still run."""
    return frozenset(path.stem for path in _directory().glob("*.json"))


def anyone_lives(besides: str | None = None) -> bool:
    """Return whether an evaluation of this user runs.

    Args:
        besides: the token of one that does not count.
    """
    with dead_entries() as dead:
        return bool(known_tokens() - {entry.token for entry in dead} - {besides})


@contextmanager
def dead_entries() -> Iterator[list[Entry]]:
    """Yield the entries of evaluations whose runner has ended; each is locked meanwhile."""
    found: list[Entry] = []
    with ExitStack() as held:
        for path in sorted(_directory().glob("*.json")):
            if TOKEN.fullmatch(path.stem) is None:
                continue
            with suppress(OSError, ValueError):  # its runner lives, or it is no entry
                file = held.enter_context(unheld_file(path))
                engine = str(json.load(file)["engine"])
                found.append(Entry(path.stem, engine, path))
        yield found
