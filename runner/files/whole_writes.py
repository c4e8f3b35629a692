"""Files and directories that are written whole or not at all, however the writing ends."""

import ctypes
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EISDIR
from pathlib import Path
from typing import BinaryIO

PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600
"""Modes of what only the user may read."""

_MOST_OF_NAME = 60
"""Characters, of four bytes at most; a name has 255 bytes."""

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""Linux's."""


@contextmanager
def whole_file(
    path: Path, *, is_durable: bool = True, is_private: bool = False
) -> Iterator[BinaryIO]:
    """Yield a file to write; it gets its name when it is complete, else nothing changes.

    Args:
        is_durable: whether it is flushed to the disk before it gets its name, so that a power
            failure loses nothing; takes some milliseconds.
        is_private: whether only the user may read it, and enter its folder if that is made for it.

    Raises:
        OSError: it can't be written.
    """
    unfinished = _unfinished(path)
    try:
        folder_mode = PRIVATE_DIRECTORY if is_private else 0o777
        path.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
        with unfinished.open("xb") as file:
            if is_private:
                os.fchmod(file.fileno(), PRIVATE_FILE)
            yield file
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
        if is_durable:
            _sync_names(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def new_file(path: Path, mode: int) -> Iterator[BinaryIO]:
    """Yield a file that was not there, to write; it stays if it is written whole, on the disk.

    Raises:
        OSError: it is there already, or can't be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def unfinished_directory(path: Path, *, is_private: bool = False) -> Iterator[Path]:
    """Yield an empty directory beside a path, to fill and rename; it is removed if still there.

    Args:
        is_private: whether only the user may enter it.

    Raises:
        OSError: it can't be made.
    """
    unfinished = _unfinished(path)
    unfinished.mkdir(mode=PRIVATE_DIRECTORY if is_private else 0o777, parents=True)
    try:
        yield unfinished
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def fill_directory(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files that only the user may read into a directory that has none of them yet.

    They and their names are on the disk when it returns.

    Args:
        files: by their path below the directory.

    Raises:
        OSError: one can't be written.
    """
    folders = {directory}
    for name, content in files.items():
        path = directory / name
        if path.parent not in folders:
            path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            folders.update(each for each in path.parents if directory in each.parents)
        with new_file(path, PRIVATE_FILE) as file:
            file.write(content)
    for folder in folders:
        _sync_names(folder)


def put_in_place(unfinished: Path, path: Path, aside: Path | None = None) -> None:
    """Rename a directory to its final path, in place of one that may be there.

    Without ``aside`` there is one at the path at any time, where the file system can exchange two.

    Args:
        aside: where the earlier one is kept; None: it is removed.

    Raises:
        OSError: it can't be renamed; the earlier one stays where it was.
    """
    if aside is None and _exchange(unfinished, path):
        shutil.rmtree(unfinished)
    elif path.exists():
        kept = aside or _unfinished(path)
        path.rename(kept)
        try:
            unfinished.rename(path)
        except BaseException:  # an interrupt too
            kept.rename(path)
            raise
        if aside is None:
            shutil.rmtree(kept)
    else:
        unfinished.rename(path)
    _sync_names(path.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two directories at once; return whether that was possible."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:  # not Linux
        return False
    names = (os.fsencode(one.absolute()), os.fsencode(other.absolute()))
    return bool(rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)


def find_unfinished(path: Path) -> list[Path]:
    """Return what has a name beside a path that ``unfinished_directory`` gives."""
    name = re.compile(re.escape(_beginning(path)) + "[0-9a-f]{8}")
    return sorted(each for each in path.parent.iterdir() if name.fullmatch(each.name))


def _unfinished(path: Path) -> Path:
    if not path.name:  # the current directory, or the root
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
    return path.with_name(_beginning(path) + secrets.token_hex(4))


def _beginning(path: Path) -> str:
    # Only a part of the name: the whole of a long one would be too long for file systems.
    return f".{path.name[:_MOST_OF_NAME]}."


def _sync_names(directory: Path) -> None:
    """Flush the names in a directory to the disk, where its file system can do that."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
