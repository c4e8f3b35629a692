"""Where reports, finished cases and shared suites are: a directory, or any URL that fsspec knows.

A place at a URL is a path of universal-pathlib, which works like ``pathlib.Path``. Each driver
raises errors of its own; here they become a UsageError.
"""

import os
import re
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from runner.code_version import install_command
from runner.errors import RunnerError, UsageError
from runner.files.below import paths_below
from runner.files.regular_files import read_regular
from runner.files.whole_writes import whole_file

if TYPE_CHECKING:
    from upath import UPath

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(://|::)")

_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")
"""A password in a URL. Messages leave it out, because logs of CI show them to others."""

CHANGING = ("size", "ETag", "etag", "LastModified", "mtime", "modify", "created")
"""Drivers' names for the field of a listed file that changes with each write."""

# A driver may have one connection (FTP), and one transaction at a time.
_one_at_a_time = threading.RLock()


def open_store(text: str | Path) -> Path:
    """Return the place that a path or a URL names; for a URL, an object that behaves like a path.

    Raises:
        UsageError: it is empty, no installed driver reads such a URL, or its server does not
            answer.
    """
    if not isinstance(text, str):  # a path of a URL has more in it than its text
        return text
    refuse_empty_place(text)
    if _URL.match(text) is None:
        return Path(text)
    if text.startswith("file://"):  # a disk, with all that a rename promises there
        return Path(unquote(urlsplit(text).path))
    try:
        from upath import UPath  # noqa: PLC0415  (optional)
    except ImportError as error:
        raise UsageError(
            f"{text}: a URL needs packages that are not installed here ({error}): "
            f"{install_command('remote')}"
        ) from error
    with telling(text):
        # Others write there too: what was listed before may have changed.
        place = UPath(text, use_listings_cache=False)
        place.fs  # noqa: B018  (connects, where the driver does so at once)
    return cast("Path", place)


def refuse_empty_place(text: str) -> None:
    """Refuse what names no place: it would be read as the current directory.

    Raises:
        UsageError: there is nothing, or nothing after ``file://``.
    """
    if not text.removeprefix("file://").strip():
        raise UsageError(f"{text!r}: names no place. Give a directory, `.` for this one, or a URL.")


def is_remote(place: Path) -> bool:
    """Return whether a place is at a URL."""
    # For the type checker, all of them are paths.
    return not isinstance(cast("object", place), Path)


def check_store(place: Path) -> None:
    """Refuse a place at a URL that can't be written to, before anything has run.

    Raises:
        UsageError: it can't be; the error says why.
    """
    if is_remote(place):
        trial = place / f".trial-{secrets.token_hex(4)}"
        write_files({trial: b"whether the runner can write here"})
        with reaching(place):
            trial.unlink()


def read_file(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        OSError: the file can't be read from a disk, or is missing at the URL.
        UsageError: the store of the URL can't be reached.
    """
    return read_files([path])[path]


def read_files(paths: Sequence[Path]) -> dict[Path, bytes]:
    """Return the contents of files of one store, by path; fetched in parallel if the driver can.

    Raises:
        OSError: a file can't be read from a disk, or is missing at the URL.
        UsageError: the store of the URL can't be reached.
    """
    if not paths or not is_remote(paths[0]):
        return {path: read_regular(path) for path in paths}
    store, names = cast("UPath", paths[0]).fs, [cast("UPath", path).path for path in paths]
    if len(paths) == 1:
        with reaching(paths[0]):
            return {paths[0]: store.cat_file(names[0])}
    with reaching(paths[0].parent):
        # Not fs.cat: it takes names with brackets in them as patterns.
        contents = store.cat_ranges(names, None, None, on_error="raise")
    return dict(zip(paths, contents, strict=True))


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write files in their order, each whole or not at all; on a disk only the user may read them.

    Raises:
        OSError: one can't be written to a disk.
        UsageError: the store of the URL can't be written to.
    """
    for path, content in files.items():
        with writing(path, is_private=True) as file:
            file.write(content)


@contextmanager
def writing(path: Path, *, is_private: bool = False) -> Iterator[BinaryIO]:
    """Yield a file to write; it appears whole or not at all.

    Args:
        is_private: whether only the user may read it; at a URL its store decides that.

    Raises:
        OSError: it can't be written to a disk.
        UsageError: the store of the URL can't be written to.
    """
    if is_remote(path):
        with telling(str(path.parent)), _one_at_a_time, _in_transaction(path) as file:
            yield file
        return
    with whole_file(path, is_private=is_private) as file:
        yield file


@contextmanager
def _in_transaction(path: Path) -> Iterator[BinaryIO]:
    from upath.implementations.cloud import CloudPath  # noqa: PLC0415  (optional)

    # Object stores have no directories: there it would make the bucket of a mistyped URL.
    if not isinstance(path, CloudPath):
        path.parent.mkdir(parents=True, exist_ok=True)
    with cast("UPath", path).fs.transaction, path.open("wb") as file:
        yield file


def files_below(directory: Path) -> list[Path]:
    """Return every file at any depth, symbolic links too.

    Raises:
        UsageError: the store of its URL can't be reached, or has no such place, e.g. bucket.
    """
    if not is_remote(directory):
        return [each for each in paths_below(directory) if each.is_file() or each.is_symlink()]
    return list(listed_states(directory))


def listed_states(directory: Path) -> dict[Path, tuple[str, ...]]:
    """Return every file below a URL, with what its store lists about it; a new write changes that.

    Raises:
        UsageError: the store can't be reached, or has no such place, e.g. bucket.
    """
    remote = cast("UPath", directory)
    root = remote.path.rstrip("/")
    try:
        with reaching(directory):
            found = remote.fs.find(root, detail=True)  # one request; a walk makes one per directory
    except FileNotFoundError as error:
        raise UsageError(
            f"{directory}: there is no such place. Check the URL, e.g. the name of its bucket: the "
            "runner makes none."
        ) from error
    return {
        directory / name.lstrip("/").removeprefix(f"{root.lstrip('/')}/"): tuple(
            str(listed.get(key)) for key in CHANGING
        )
        for name, listed in found.items()
        # S3's driver lists the place itself as one, if a file comes there between its two requests.
        if listed["type"] != "directory"
    }


@contextmanager
def reaching(place: Path) -> Iterator[None]:
    """Turn a driver's errors into UsageError; a missing file stays FileNotFoundError.

    Raises:
        UsageError: its store can't be reached, read or written.
    """
    if not is_remote(place):
        yield
        return
    with _one_at_a_time:
        missing: OSError | None = None
        with telling(str(place)):
            try:
                yield
            except (FileNotFoundError, NotADirectoryError) as error:
                missing = error
        if missing is not None:  # drivers leave out what it means
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(place)) from missing


@contextmanager
def telling(url: str) -> Iterator[None]:
    """Turn whatever a driver raises into UsageError.

    Raises:
        UsageError: the place can't be used; the message has no password of the URL.
    """
    try:
        yield
    except RunnerError:
        raise
    except Exception as error:  # whatever a driver raises
        place = _PASSWORD.sub(r"\1...@", url)
        raise UsageError(
            f"{place}: this place can't be used ({type(error).__name__}: {error!s:.300}). Check "
            "the URL, its driver, its server and its credentials. Then run the same "
            "command again: it continues from what is kept there."
        ) from error
