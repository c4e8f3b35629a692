"""Paths that a user gives, and that no file can have."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, ENAMETOOLONG
from pathlib import Path

from runner.errors import UsageError
from runner.untrusted import quote


def why_no_path(text: str) -> str | None:
    """Return why a text can't be a path on any disk, or None if it can."""
    if "\0" in text:
        return f"{quote(text)} has a null byte"
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return f"{quote(text)} has a character that is half of one (a lone surrogate)"
    return None


def is_url(text: str) -> bool:
    """Return whether a text names a place by a URL: as a path it would be the folder ``s3:``."""
    return "://" in text


def real_path(path: Path) -> Path:
    """Return where a path leads. One that leads to itself stays: to open it says what is wrong.

    ``Path.resolve`` raises a RuntimeError for that one before Python 3.13.
    """
    return Path(os.path.realpath(path))


@contextmanager
def refusing_hopeless_paths() -> Iterator[None]:
    """Turn a failure that no path could have avoided into an error for the user.

    Raises:
        UsageError: a name is too long, which only the disk knows; the current folder, from which
            paths start, has been removed; or a folder on the way may not be entered.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not _has_current_folder():
            raise UsageError(
                "the current folder has been removed, and paths start from it. Change to another."
            ) from error
        if error.errno == EACCES and error.filename is not None:
            raise UsageError(
                f"{quote(str(error.filename))}: may not be read or written (Permission denied). "
                "It, or a folder above it, is closed to this user."
            ) from error
        if error.errno != ENAMETOOLONG:
            raise
        raise UsageError(
            f"{quote(str(error.filename))}: too long for a path here. Each name between two "
            "slashes has at most 255 bytes on most disks, and a whole path "
            "4095: give a shorter one."
        ) from error


def _has_current_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109  (Path.cwd asks the same)
    except OSError:
        return False
    return True
