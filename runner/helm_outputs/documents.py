"""The contents of HELM's files, one by one or many in one piece of memory."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runner.errors import SuiteError

UNREADABLE = (pa.ArrowException, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a file raises that is not JSON, or not of the form that HELM gives it."""


def read_file(path: Path | str) -> bytes:
    """Return the content of a file.

    Raises:
        SuiteError: it can't be read.
    """
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (Path takes longer)
            return file.read()
    except OSError as error:
        raise _unreadable(path, error) from error


def file_size(path: Path | str) -> int:
    """Return how many bytes a file has.

    Raises:
        SuiteError: it can't be told, as somebody removed it meanwhile.
    """
    try:
        return os.stat(path).st_size  # noqa: PTH116  (Path takes twice as long)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path | str, error: OSError) -> SuiteError:
    return SuiteError(f"{path}: {error.strerror}")


class Documents(NamedTuple):
    """Files one after the other, and where each begins; at last, where all end."""

    content: npt.NDArray[np.uint8]
    bounds: npt.NDArray[np.int64]


class Room:
    """Memory that is used again: the system takes longer to give new memory than to fill it."""

    def __init__(self) -> None:
        self._content = np.empty(0, np.uint8)

    def take(self, size: int) -> npt.NDArray[np.uint8]:
        """Return memory of this size. What was taken before must not be used any more."""
        if size > len(self._content):
            self._content = np.empty(size, np.uint8)
        return self._content[:size]


def read_documents(paths: Sequence[str], room: Room) -> Documents:
    """Return the content of files, read into one room.

    Raises:
        SuiteError: one can't be read.
    """
    sizes = [file_size(path) for path in paths]
    content = room.take(sum(sizes))
    to_fill, bounds = content.data, [0]
    for path, size in zip(paths, sizes, strict=True):
        start = bounds[-1]
        try:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (as for one)
                bounds.append(start + (file.readinto(to_fill[start : start + size]) or 0))
        except OSError as error:
            raise _unreadable(path, error) from error
    return Documents(content, np.array(bounds, np.int64))
