"""Files and directories that are written whole or not at all, whatever ends the writing."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_MOST_OF_NAME = 60
"""Characters, of four bytes at most; a name has 255 bytes."""


@contextmanager
def whole_file(path: Path, *, is_durable: bool = True) -> Iterator[BinaryIO]:
    """Give a file to write; it takes its name when it is whole, else nothing changes.

    Args:
        is_durable: whether it is on the disk before it takes its name, so that a power failure
            costs nothing; takes some milliseconds.

    Raises:
        OSError: it can't be written.
    """
    unfinished = _unfinished(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb") as file:
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
def unfinished_directory(path: Path) -> Iterator[Path]:
    """Give an empty directory beside a path, to be filled and renamed; what is left is removed.

    Raises:
        OSError: it can't be made.
    """
    unfinished = _unfinished(path)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def put_in_place(unfinished: Path, path: Path, aside: Path | None = None) -> None:
    """Give a directory its name, in place of one that may be there.

    Args:
        aside: where the earlier one is kept; None: it is removed.

    Raises:
        OSError: it can't be renamed; the earlier one is where it was.
    """
    if path.exists():
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


def put_if_absent(unfinished: Path, path: Path) -> None:
    """Give a directory its name, unless another process has made the same meanwhile.

    Raises:
        OSError: it can't be renamed.
    """
    try:
        unfinished.rename(path)
    except OSError:
        if not path.is_dir():
            raise


def _unfinished(path: Path) -> Path:
    # A part of the name: with the whole, a long one would be longer than file systems take.
    return path.with_name(f".{path.name[:_MOST_OF_NAME]}.{secrets.token_hex(4)}")


def _sync_names(directory: Path) -> None:
    """Have the names in a directory on the disk, where its file system can do that."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
