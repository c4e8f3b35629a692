"""Locks on files, which tell processes of one machine apart from dead ones.

The kernel drops them however their process ends. They are of ``flock``: advisory, and held by an
open file.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal


@contextmanager
def locked_file(path: Path, mode: Literal["r+b", "ab"] = "r+b") -> Iterator[BinaryIO]:
    """Give a file when nobody else holds it, and hold it; ``ab`` makes it if it is not there.

    Raises:
        OSError: it can't be opened.
    """
    with path.open(mode) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


@contextmanager
def unheld_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file that nobody holds, and hold it.

    Raises:
        BlockingIOError: somebody does.
        OSError: it can't be opened.
    """
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file


@contextmanager
def new_held_file(path: Path, content: bytes = b"") -> Iterator[None]:
    """Make a file and hold it; it stays afterwards.

    It is held before it has its name: nobody who finds it takes a live process for a dead one.

    Raises:
        OSError: it can't be made.
    """
    unnamed = path.with_name(f"{path.name}.new")
    with unnamed.open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(content)
        file.flush()
        unnamed.rename(path)
        yield
