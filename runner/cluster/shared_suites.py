"""Suites in storage that all nodes can read: their public halves, by digest.

Only the head writes there. A node fetches a suite once, into a cache of its own, and checks every
byte there. The private halves, and so the actuals, never leave the head.
"""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import SuiteError, UsageError
from runner.files.locks import locked_file
from runner.files.stores import open_store, reaching, writing
from runner.files.unpacking import unpack
from runner.files.user_directories import cache_directory
from runner.files.whole_writes import put_in_place, unfinished_directory
from runner.suites.opening import open_public_half
from runner.suites.public_suite import PublicSuite
from runner.suites.publish import write_public_half


def share_suite(suite: PublicSuite, url: str) -> None:
    """Put the public half of a suite where the nodes find it, unless it is there already.

    Args:
        url: a directory, as a path or in the form of fsspec.

    Raises:
        UsageError: it can't be written there.
    """
    with _shared(url) as storage:
        archive = storage / archive_name(suite.digest)
        with reaching(archive):
            if archive.exists():
                return
        with writing(archive) as file:
            write_public_half(suite, file, folder=".")


def fetch_suite(url: str, digest: str) -> PublicSuite:
    """Return this machine's copy of a suite's public half, open; fetch it if needed, and check it.

    Raises:
        SuiteError: what is in the storage, or in the cache, is not the suite of this digest.
        UsageError: the storage can't be read.
    """
    place = suites_directory() / digest.replace(":", "-")
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked_file(
        place.with_name(f"{place.name}.lock"), "ab"
    ):  # one process fetches, the others wait
        if not place.is_dir():
            _fetch(url, digest, place)
        return _open(place, digest, f"{place}: remove this copy, it is fetched again.")


def archive_name(digest: str) -> str:
    """Return the name of a suite's file in the storage."""
    return f"{digest.replace(':', '-')}.tar.gz"


def suites_directory() -> Path:
    """Return the folder of suites on a node, in the user's cache."""
    return cache_directory() / "suites"


def _fetch(url: str, digest: str, place: Path) -> None:
    archive = f"{url.rstrip('/')}/{archive_name(digest)}"
    with unfinished_directory(place) as unpacked:
        with (
            _shared(url) as storage,
            reaching(path := storage / archive_name(digest)),
            path.open("rb") as file,
        ):
            try:
                with tarfile.open(fileobj=file, mode="r|gz") as tar:
                    unpack(tar, unpacked)
            except (tarfile.TarError, EOFError) as error:
                raise SuiteError(f"{archive}: not an archive of a suite ({error}).") from error
        _open(unpacked, digest, f"{archive}: remove it; the next evaluation puts it there again.")
        put_in_place(unpacked, place)


def _open(root: Path, digest: str, advice: str) -> PublicSuite:
    """Return a public half, after checking every byte of it.

    Raises:
        SuiteError: it does not have this digest.
    """
    changed = "A suite that was shared has been changed"
    try:
        suite = open_public_half(root)
    except SuiteError as error:
        raise SuiteError(f"{error} {changed}: {advice}") from error
    if suite.digest != digest:
        raise SuiteError(f"{root}: its digest is {suite.digest}, not {digest}. {changed}: {advice}")
    return suite


@contextmanager
def _shared(url: str) -> Iterator[Path]:
    """Yield the storage of a path or URL.

    Raises:
        UsageError: it can't be reached, read or written.
    """
    try:
        yield open_store(url)
    except (UsageError, OSError) as error:
        raise UsageError(
            f"{url}: the storage that the nodes share can't be used ({error}). Name with --shared "
            "a path or URL that the head can write to and every node can read."
        ) from error
