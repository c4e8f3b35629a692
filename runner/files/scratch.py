"""Scratch directories: removed at the end; the next runner removes those of a killed one.

Some hold actuals, so none may stay behind. A lock beside the files shows whether their runner is
alive: the kernel drops it however the runner ends.
"""

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from runner.errors import UsageError
from runner.files.locks import new_held_file, unheld_file

_PREFIX = "runner-scratch-"
_LOCK = "lock"
_FILES = "files"

LEAST_BYTES = 1024 * 1024
"""A disk with less is full: what failed wanted more at once."""

_ADVICE = "Free some, or name a folder with room: TMPDIR=FOLDER runner ..."

REMOVALS = 3
"""How often a directory is removed that another thread may still fill."""

_own: set[Path] = set()
"""The scratch directories of this process."""


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Yield an empty directory, and remove it afterwards.

    Raises:
        UsageError: it can't be made, or something failed because its disk is full.
    """
    outer = _make()
    _own.add(outer)
    try:
        with new_held_file(outer / _LOCK):
            inner = outer / _FILES
            inner.mkdir()
            yield inner
    except OSError as error:
        # Else whoever writes from here to another place would name that place.
        if error.errno == errno.ENOSPC and _is_full(outer):
            raise UsageError(
                f"{outer.parent}: no space is left there for temporary files. {_ADVICE}"
            ) from error
        raise
    finally:
        try:
            _remove(outer)
        except KeyboardInterrupt:  # it comes once: what it cut short is done again
            _remove(outer)
            raise
        finally:
            _own.discard(outer)


def _make() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError as error:  # of several folders that were tried, or of one
        raise UsageError(
            f"No folder for temporary files can be made ({error.strerror or error}). {_ADVICE}"
        ) from error


def _is_full(directory: Path) -> bool:
    disk = os.statvfs(directory)
    lacks_names = disk.f_files > 0 and disk.f_favail == 0
    return lacks_names or disk.f_bavail * disk.f_frsize < LEAST_BYTES


def remove_own_scratch() -> tuple[Path, ...]:
    """Remove the scratch directories that this process uses; return those that stay.

    For a process that ends at once, whatever its threads do.
    """
    for outer in tuple(_own):
        for _ in range(REMOVALS):  # another thread may write into it meanwhile
            _remove(outer)
    return tuple(outer for outer in tuple(_own) if outer.exists())


def remove_dead_scratch() -> tuple[Path, ...]:
    """Remove the scratch directories whose runner is gone, and return them."""
    return tuple(filter(_remove_if_dead, Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")))


def _remove_if_dead(directory: Path) -> bool:
    """Remove the directory if its runner is dead; return whether it was removed."""
    if directory.is_symlink():
        return False
    try:
        with unheld_file(directory / _LOCK):
            _remove(directory)
    except OSError:  # locked, another user's, or removed by another runner meanwhile
        return False
    return not directory.exists()


def _remove(directory: Path) -> None:
    """Remove the files before the lock: by that the next runner finds them if this is cut short."""
    for path in (directory / _FILES, directory):
        _make_removable(path)
        shutil.rmtree(path, ignore_errors=True)


def _make_removable(directory: Path) -> None:
    """Let the user remove what is below: a folder there may be read-only.

    All folders are put beside each other, as shutil.rmtree fails on those that are deeper than
    Python's stack.
    """
    found = count()
    below = secrets.token_hex()  # no name that is there
    folders = [directory]
    while folders:
        with suppress(OSError):  # another thread may remove it meanwhile
            for entry in _opened(folders.pop()):
                if entry.is_dir(follow_symlinks=False):
                    Path(entry).chmod(stat.S_IRWXU)  # as its link to the folder above changes
                    folders.append(Path(entry).rename(directory / f"{below}-{next(found)}"))


def _opened(folder: Path) -> list[os.DirEntry[str]]:
    folder.chmod(stat.S_IRWXU)
    with os.scandir(folder) as entries:
        return list(entries)
