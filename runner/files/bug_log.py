"""Bugs of the runner: the traceback goes to a file, and the error says where that is."""

import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

from runner.errors import BugError, RunnerError, UsageError
from runner.files.user_directories import log_directory

Made = TypeVar("Made")


def attempt(make: Callable[[], Made]) -> Made | RunnerError:
    """Return what a call returns, or why it failed, so that the work for others goes on.

    Used where many images or reports are worked on: a bug that one of them meets costs that one.
    """
    try:
        return make()
    except RunnerError as error:
        return error
    except Exception as error:  # noqa: BLE001  (whatever a bug raises)
        return keep_bug(error)


def keep_bug(error: Exception) -> BugError:
    """Return the error for the user, after keeping the traceback in a file.

    The exception's own text stays in the file: it could quote an actual, and participants read CI's
    logs.
    """
    path = keep_traceback(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {last.filename}:{last.lineno}"
    return BugError(f"a bug of the runner ({where}). Please report it with {path}")


def keep_traceback(error: BaseException) -> str:
    """Keep a traceback in a new file; return its path."""
    with _open_bug_log() as log:
        traceback.print_exception(error, file=log)
    return log.name


def _open_bug_log() -> IO[str]:
    """Open a new file for a traceback; only the user can read it.

    It is a temporary file if the user's log directory can't be written to.
    """
    try:
        directory = log_directory()
        directory.mkdir(parents=True, exist_ok=True)
        return _new_bug_log(directory)
    except (OSError, UsageError):
        return _new_bug_log(None)


def _new_bug_log(directory: Path | None) -> IO[str]:
    return tempfile.NamedTemporaryFile(
        "w", prefix="runner-bug-", suffix=".log", delete=False, encoding="utf-8", dir=directory
    )
