"""What is below a folder, found and opened without following any link: none leads out of it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from errno import ENOENT
from io import BufferedReader
from pathlib import Path

from runner.files.regular_files import refuse_open_irregular

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_FOLDER = (FileNotFoundError, NotADirectoryError)
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def paths_below(root: Path, *, pass_over_closed: bool = True) -> Iterator[Path]:
    """Yield the paths of all that is below a folder, at any depth.

    Below what is no folder there is nothing. Folders that go away meanwhile are passed over.
    ``Path.rglob`` fails on those, and on ones that are deeper than Python's stack.

    Args:
        pass_over_closed: whether folders that are closed to this user are passed over too. Not
            where all that is there is asked for: it would be lost, and nobody told.

    Raises:
        PermissionError: a folder is closed, and is not passed over.
    """
    passed_over = (*_NO_FOLDER, PermissionError) if pass_over_closed else _NO_FOLDER
    folders = [root]
    while folders:
        found: list[os.DirEntry[str]] = []
        with suppress(*passed_over), os.scandir(folders.pop()) as entries:
            found += entries
        for entry in found:
            path = Path(entry)
            yield path
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)


def open_below(root: Path, parts: Sequence[str]) -> BufferedReader:
    """Return a file below a folder, open to read its bytes.

    Args:
        parts: the names that lead to it from the folder, at least one.

    Raises:
        FileNotFoundError: one of the names is none, e.g. ``..``.
        OSError: it can't be opened, is no file, or a link is on the way.
    """
    *folders, name = parts
    if not all(map(_is_name, parts)):
        raise FileNotFoundError(*_NOT_THERE, str(root.joinpath(*parts[:1])))
    place = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            below = os.open(folder, _FOLDER, dir_fd=place)
            os.close(place)
            place = below
        descriptor = os.open(name, _FILE, dir_fd=place)
    finally:
        os.close(place)
    return refuse_open_irregular(descriptor, root.joinpath(*parts))


_NOT_THERE = (ENOENT, os.strerror(ENOENT))


def _is_name(part: str) -> bool:
    return part not in ("", ".", "..") and not set("/\0") & set(part)
