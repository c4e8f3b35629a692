"""Scratch directories: removed at the end; the next runner removes those of a killed one.

Some hold actuals, so none may stay behind. A lock beside the files shows whether their runner is
alive: the kernel drops it however the runner ends.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.files.locks import new_held_file, unheld_file

_PREFIX = "runner-scratch-"
_LOCK = "lock"

REMOVALS = 3
"""How often a directory is removed that another thread may still fill."""

_own: set[Path] = set()
"""The scratch directories of this process."""


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Yield an empty directory, and remove it afterwards."""
    outer = Path(tempfile.mkdtemp(prefix=_PREFIX))
    _own.add(outer)
    try:
        with new_held_file(outer / _LOCK):
            inner = outer / "files"
            inner.mkdir()
            yield inner
    finally:
        _remove(outer)
        _own.discard(outer)


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
            _make_removable(directory)
            shutil.rmtree(directory)
    except OSError:  # locked, another user's, or removed by another runner meanwhile
        return False
    return True


def _remove(directory: Path) -> None:
    _make_removable(directory)
    shutil.rmtree(directory, ignore_errors=True)


def _make_removable(directory: Path) -> None:
    """Let the user remove what is below: a folder there may be read-only."""
    for folder, _, _ in os.walk(directory):
        with suppress(OSError):  # another thread may remove it meanwhile
            Path(folder).chmod(stat.S_IRWXU)
