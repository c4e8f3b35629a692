"""The organizer's folders that a card's Python may read, and nothing else of the machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from runner.contract.limits import GIB, MIB
from runner.errors import UsageError
from runner.files.regular_files import read_regular
from runner.reports.report import REPORT_FILE
from runner.submissions.told import refuse_while_open

DATA = "data"
"""Where they are below the container's input."""

MOST_DATA_BYTES = GIB
"""They are held in memory, and copied into each container."""


def read_data(named: Sequence[str]) -> dict[str, bytes]:
    """Return the files of all folders, by their path below the container's input.

    Args:
        named: e.g. ``data/runs``, a folder below the current one that the card names so too, or
            ``data/runs=/mnt/runs`` for a folder elsewhere.

    Raises:
        UsageError: a folder can't be read, is too large, or has reports of an open competition.
    """
    files: dict[str, bytes] = {}
    total = 0
    for each in named:
        name, folder = _place(each)
        paths = list(_files_below(folder))
        places = {folder, *folder.absolute().parents, *(path.parent for path in paths)}
        # Whatever the files are called: a case's log and predictions are below a report's folder.
        refuse_while_open([place / REPORT_FILE for place in places])
        for path in paths:
            content = _read(path)
            total += len(content)
            if total > MOST_DATA_BYTES:
                raise UsageError(
                    f"--data: the folders have more than {MOST_DATA_BYTES // MIB} MiB, which each "
                    "container gets a copy of. Name folders with less."
                )
            files[(PurePosixPath(DATA) / name / path.relative_to(folder)).as_posix()] = content
    return files


def _place(given: str) -> tuple[PurePosixPath, Path]:
    name, equals, folder = given.partition("=")
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or not name:
        raise UsageError(
            f"--data {given}: a card sees folders below its own current one. Say which name it has "
            "there, and where it is: --data data/runs=/mnt/runs; write data/runs into the card."
        )
    found = Path(folder if equals else name)
    if not found.is_dir():
        raise UsageError(f"--data {given}: {found} is no folder.")
    return place, found


def _files_below(folder: Path) -> Iterator[Path]:
    # Not by a function that calls itself: they may be deeper than Python's stack.
    folders = [folder]
    while folders:
        for path in sorted(_entries(folders.pop())):
            if path.is_symlink():
                raise UsageError(f"--data: {path} is a link; a card gets a copy of files only.")
            if path.is_dir():
                folders.append(path)
            else:
                yield path


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise UsageError(f"--data: {folder} can't be read ({error.strerror}).") from error


def _read(path: Path) -> bytes:
    try:
        str(path).encode()
        return read_regular(path)
    except UnicodeEncodeError as error:
        raise UsageError(f"--data: {path!r} has a name that is no text.") from error
    except OSError as error:
        raise UsageError(f"--data: {path} can't be read ({error.strerror}).") from error
