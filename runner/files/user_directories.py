"""The user's own directories: where the runner keeps what is not a result.

On Linux they are those of the XDG base directory specification, elsewhere the system's.
"""

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from runner.errors import UsageError

_APPLICATION = "runner"


def cache_directory() -> Path:
    """Return where files that can be made again are kept: ``$XDG_CACHE_HOME/runner``."""
    return _directory(platformdirs.user_cache_path, "cache")


def state_directory() -> Path:
    """Return where the runner keeps what must not be lost: ``$XDG_STATE_HOME/runner``."""
    return _directory(platformdirs.user_state_path, "state")


def log_directory() -> Path:
    """Return where tracebacks go: ``$XDG_STATE_HOME/runner/log``."""
    return _directory(platformdirs.user_log_path, "log")


def _directory(find: Callable[[str], Path], kind: str) -> Path:
    """Return a directory of the user, which may not exist yet.

    Raises:
        UsageError: the user has no home, and the directory used instead is not this user's alone.
    """
    try:
        return find(_APPLICATION)
    except RuntimeError:  # no home, e.g. in a container whose user is only a number
        return _place_without_home() / kind


def _place_without_home() -> Path:
    """Return a directory of this user alone, below the directory for temporary files."""
    place = Path(tempfile.gettempdir()) / f"{_APPLICATION}-of-user-{os.getuid()}"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        found = place.lstat()
    except OSError as error:
        raise UsageError(_no_home(place, str(error.strerror))) from error
    others_may_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or others_may_write:
        raise UsageError(_no_home(place, "it is not this user's alone"))
    return place


def _no_home(place: Path, reason: str) -> str:
    return (
        f"{place}: this user has no home directory, and this one can't be used instead ({reason}). "
        "Set HOME to a directory that can be written to."
    )
