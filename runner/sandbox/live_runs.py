"""The runner's own record of which evaluations have things on an engine.

A label alone proves nothing: an image's LABELs become its containers'. So what is removed after a
crash is decided by this record, one small file per evaluation, which is locked as long as its
runner lives: the kernel drops the lock however the runner ends.
"""

import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runner.errors import UsageError

TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Entry:
    """An evaluation: the value of the label on all that it made, and the engine it made it on."""

    token: str
    engine: str
    path: Path


def state_directory() -> Path:
    """Return where the record is: below XDG_STATE_HOME, or ~/.local/state."""
    state = os.environ.get("XDG_STATE_HOME", "")
    root = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return root / "runner" / "evaluations"


@contextmanager
def recorded(engine: str) -> Iterator[Entry]:
    """Give an entry for a new evaluation, locked; its file stays unless ``settle`` removes it.

    Raises:
        UsageError: the state directory can't be written.
    """
    directory = state_directory()
    token = secrets.token_hex(16)
    path = directory / f"{token}.json"
    unfinished = path.with_suffix(".new")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with unfinished.open("x", encoding="utf-8") as file:
            # Locked before it can be found: nobody takes a live evaluation for a dead one.
            fcntl.flock(file, fcntl.LOCK_EX)
            json.dump({"engine": engine, "pid": os.getpid()}, file)
            file.flush()
            unfinished.rename(path)
            yield Entry(token, engine, path)
    except OSError as error:
        raise UsageError(
            f"{directory}: can't be written ({error.strerror}). What a crash would leave is "
            "recorded there; set XDG_STATE_HOME to a place that can be written to."
        ) from error


def settle(entry: Entry) -> None:
    """Drop an entry: nothing of its evaluation is left on the engine."""
    entry.path.unlink(missing_ok=True)


def known_tokens() -> frozenset[str]:
    """Return the tokens of all recorded evaluations, of live runners too."""
    return frozenset(path.stem for path in state_directory().glob("*.json"))


@contextmanager
def dead_entries() -> Iterator[list[Entry]]:
    """Give the entries of evaluations whose runner is gone, locked against others who ask."""
    directory = state_directory()
    found: list[Entry] = []
    files = []
    try:
        for path in sorted(directory.glob("*.json")):
            if TOKEN.fullmatch(path.stem) is None:
                continue
            with suppress(OSError, ValueError):
                file = path.open(encoding="utf-8")
                files.append(file)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                engine = str(json.load(file)["engine"])
                found.append(Entry(path.stem, engine, path))
        yield found
    finally:
        for file in files:
            file.close()
