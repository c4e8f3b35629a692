"""Bugs of the runner: the traceback goes to a file, and the error says where that is."""

import errno
import os
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from runner.errors import BugError, EngineError, RunnerError, UsageError
from runner.files.given_paths import refusing_hopeless_paths
from runner.files.user_directories import log_directory
from runner.interrupts import raise_if_interrupted

Made = TypeVar("Made")

LACKING = {
    errno.ENOMEM: "memory",
    errno.ENOSPC: "room on a disk",
    errno.EDQUOT: "room in a disk quota",
    errno.EFBIG: "room in a file, see `ulimit -f`",
    errno.EMFILE: "files that a process may open",
    errno.ENFILE: "files that all processes may open",
}
"""What a machine lacks, by the error number that says so wherever it is met."""


def attempt(make: Callable[[], Made]) -> Made | RunnerError:
    """Return what a call returns, or why it failed, so that the work for others goes on.

    Used where many images or reports are worked on: a bug that one of them meets costs that one.

    Raises:
        KeyboardInterrupt: also if a library has made another exception of it.
    """
    try:
        with refusing_hopeless_paths():
            return make()
    except Exception as error:  # noqa: BLE001  (whatever a bug raises)
        raise_if_interrupted()
        return error if isinstance(error, RunnerError) else keep_bug(error)


def keep_bug(error: Exception) -> BugError | EngineError:
    """Return the error for the user, after keeping the traceback in a file.

    It is the machine's fault if that ran out of something. The exception's own text stays in the
    file: it could quote an actual, and participants read CI's logs.
    """
    path = keep_traceback(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {last.filename}:{last.lineno}"
    lacking = _lacking(error)
    if lacking is not None:
        return EngineError(
            f"this machine ran out of {lacking} ({where}). Give the runner more and run the same "
            f"command again; see {path}"
        )
    return BugError(f"a bug of the runner ({where}). Please report it with {path}")


def _lacking(error: BaseException) -> str | None:
    """Return what the machine ran out of, None if the error says nothing of it."""
    if isinstance(error, OSError) and error.errno in LACKING:
        return LACKING[error.errno]
    text = str(error)  # of Python's and the system's own, which have no number
    if isinstance(error, MemoryError) or "failed to map segment" in text:
        return "memory"
    return "memory or threads" if "can't start new thread" in text else None


def keep_traceback(error: BaseException) -> str:
    """Keep a traceback in a new file; return its path, or in words that there is none.

    It is a temporary file if the user's log directory can't be written to.
    """
    text = "".join(traceback.format_exception(error))
    for find_directory in (_log_directory, lambda: None):
        with suppress(OSError, UsageError):
            return _write_log(text, find_directory())
    return "the traceback (no file could be written for it)"


def _log_directory() -> Path:
    directory = log_directory()
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _write_log(text: str, directory: Path | None) -> str:
    """Write a new file that only the user can read; return its path."""
    handle, path = tempfile.mkstemp(".log", "runner-bug-", directory)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(text)
    except OSError:
        Path(path).unlink()
        raise
    return path
