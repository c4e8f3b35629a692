"""The user's own directories: where the runner keeps what is not a result.

On Linux they are those of the XDG base directory specification, elsewhere the system's.
"""

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import rmtree

import platformdirs

from runner.errors import UsageError

AT_WORK_SECONDS = 3600
"""Code that has added something later than this may be at work."""

_APPLICATION = "runner"


def cache_directory() -> Path:
    """Return where files that can be made again are kept: ``$XDG_CACHE_HOME/runner``."""
    return _directory(platformdirs.user_cache_path, "cache")


def kept_by_this_code(name: str, versions: Mapping[str, str]) -> Path | None:
    """Return the folder for what this code keeps; None if there can't be one.

    What other code has kept is removed, since it could have found something else, but not while
    that code may be at work.

    Args:
        name: the folder of the cache that it is in.
        versions: of all code that has a part in what is kept.
    """
    digest = hashlib.sha256(repr(sorted(versions.items())).encode()).hexdigest()
    try:
        folder = cache_directory() / name
        kept = folder / digest[:16]
        if not kept.is_dir():
            for other in folder.iterdir() if folder.is_dir() else ():
                if time.time() - other.stat().st_mtime > AT_WORK_SECONDS:
                    rmtree(other, ignore_errors=True)
            kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, UsageError):  # a cache is not worth an error
        return None
    return kept if os.access(kept, os.W_OK) else None


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
