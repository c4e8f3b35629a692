"""Locks on files, which show whether a process of this machine is alive.

The kernel drops a lock however its process ends. The locks are those of ``flock``: advisory, and
held by an open file.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

from runner.files.regular_files import refuse_irregular


@contextmanager
def locked_file(path: Path, mode: Literal["rb", "r+b", "ab"] = "r+b") -> Iterator[BinaryIO]:
    """Wait until nobody else holds a file, then hold and yield it.

    Args:
        mode: with ``rb`` others may hold it too, if they also only read; ``ab`` makes a missing
            file.

    Raises:
        OSError: it can't be opened, or is no file.
    """
    refuse_irregular(path)
    with path.open(mode) as file:
        fcntl.flock(file, fcntl.LOCK_SH if mode == "rb" else fcntl.LOCK_EX)
        yield file


@contextmanager
def locked_directory(path: Path, *, is_shared: bool = False) -> Iterator[None]:
    """Wait until nobody else holds a directory, then hold it; nothing is written there.

    Args:
        is_shared: whether others may hold it too, if they also share it.

    Raises:
        OSError: it can't be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some network file systems have no such locks
            fcntl.flock(descriptor, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class SharedDirectory:
    """A directory that is held, and that others may hold too. ``shared_directory`` makes it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the directory alone while the block lasts.

        The kernel may drop a lock before it refuses another kind, so for a moment nobody sees that
        this one is held. Whoever calls this or ``unheld_directory`` must hold a lock against that.

        Raises:
            BlockingIOError: somebody else holds it too.
            OSError: its file system has no such locks.
        """
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)


@contextmanager
def shared_directory(path: Path) -> Iterator[SharedDirectory]:
    """Wait until nobody holds a directory alone, then hold and yield it.

    Raises:
        OSError: it can't be opened, or its file system has no such locks.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield SharedDirectory(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def unheld_directory(path: Path) -> Iterator[None]:
    """Hold a directory that nobody holds.

    Raises:
        BlockingIOError: somebody holds it.
        OSError: it can't be opened, or its file system has no such locks.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def unheld_file(path: Path) -> Iterator[BinaryIO]:
    """Hold and yield a file that nobody holds.

    Raises:
        BlockingIOError: somebody holds it.
        OSError: it can't be opened.
    """
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file


@contextmanager
def new_held_file(path: Path, content: bytes = b"") -> Iterator[BinaryIO]:
    """Make a file, hold and yield it; it stays afterwards.

    It is held before it gets its name, so that whoever finds it sees that its process is alive.

    Raises:
        OSError: it can't be made.
    """
    unnamed = path.with_name(f"{path.name}.new")
    with unnamed.open("xb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(content)
            file.flush()
            unnamed.rename(path)
        except BaseException:
            unnamed.unlink(missing_ok=True)
            raise
        yield file


def is_held(file: BinaryIO) -> bool:
    """Return whether another process holds a file that is open here to be read."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False
