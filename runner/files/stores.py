"""Where reports, finished cases and shared suites are: a directory, or any URL that fsspec knows.

A URL's place is a path of universal-pathlib, which does what ``pathlib.Path`` does. What fails
there is told as an error of the user's: each driver raises errors of its own.
"""

import os
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from runner.code_version import install_command
from runner.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from upath import UPath

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(://|::)")

_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")
"""It stays out of messages, which logs of CI show to others."""

# A driver may have one connection (FTP), and one transaction at a time.
_one_at_a_time = threading.RLock()


def open_store(text: str) -> Path:
    """Return the place that a path or a URL names; of a URL one that only behaves as a path.

    Raises:
        UsageError: nothing that is installed reads such a URL, or its server does not answer.
    """
    if _URL.match(text) is None:
        return Path(text)
    if text.startswith("file://"):  # a disk, with all that a rename promises there
        return Path(unquote(urlsplit(text).path))
    try:
        from upath import UPath
    except ImportError as error:
        raise UsageError(
            f"{text}: a URL needs packages that are not installed here ({error}): "
            f"{install_command('remote')}"
        ) from error
    with _told(text):
        # Others write there too: what was listed before may have changed.
        place = UPath(text, use_listings_cache=False)
        place.fs  # noqa: B018  (connects, where the driver does so at once)
    return cast("Path", place)


def is_remote(place: Path) -> bool:
    """Return whether a place is a URL's."""
    # For the type checker, all of them are paths.
    return not isinstance(cast("object", place), Path)


def check_store(place: Path) -> None:
    """Refuse, before anything has run, a URL's place that can't be written to.

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
        OSError: it can't be read from a disk, or is not at the URL.
        UsageError: the store of the URL can't be reached.
    """
    with reaching(path):
        return path.read_bytes()


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write files in their order, each whole or not at all.

    Raises:
        OSError: one can't be written to a disk.
        UsageError: the store of the URL can't be written to.
    """
    for path, content in files.items():
        with writing(path) as file:
            file.write(content)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write, which is there when it is whole, or not at all.

    Raises:
        OSError: it can't be written to a disk.
        UsageError: the store of the URL can't be written to.
    """
    if is_remote(path):
        with _told(str(path.parent)), _one_at_a_time, _in_transaction(path) as file:
            yield file
        return
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def _in_transaction(path: Path) -> Iterator[BinaryIO]:
    from upath.implementations.cloud import CloudPath

    # Object stores have no directories: there it would make the bucket of a mistyped URL.
    if not isinstance(path, CloudPath):
        path.parent.mkdir(parents=True, exist_ok=True)
    with cast("UPath", path).fs.transaction, path.open("wb") as file:
        yield file


def files_below(directory: Path) -> list[Path]:
    """Return every file at any depth, symbolic links too."""
    if not is_remote(directory):
        return [each for each in directory.rglob("*") if each.is_file() or each.is_symlink()]
    with reaching(directory):
        remote = cast("UPath", directory)
        root = remote.path.rstrip("/")
        found = remote.fs.find(root)  # one question, where a walk asks for each
        return [directory / name.lstrip("/").removeprefix(f"{root.lstrip('/')}/") for name in found]


@contextmanager
def reaching(place: Path) -> Iterator[None]:
    """Tell what fails at a URL's place as an error of the user's; that it has no such file, not.

    Raises:
        UsageError: its store can't be reached, read or written.
    """
    if not is_remote(place):
        yield
        return
    with _one_at_a_time:
        missing: OSError | None = None
        with _told(str(place)):
            try:
                yield
            except (FileNotFoundError, NotADirectoryError) as error:
                missing = error
        if missing is not None:  # drivers leave out what it means
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(place)) from missing


@contextmanager
def _told(url: str) -> Iterator[None]:
    try:
        yield
    except RunnerError:
        raise
    except Exception as error:  # whatever a driver raises
        place = _PASSWORD.sub(r"\1...@", url)
        raise UsageError(
            f"{place}: this place can't be used ({type(error).__name__}: {error!s:.300}). Check "
            "the URL, its driver, its server and its credentials. The same command goes on from "
            "what is kept there."
        ) from error
