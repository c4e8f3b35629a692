"""Debian's archive over HTTPS: its lists of packages, and the packages, kept by their digests."""

import hashlib
import lzma
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import urlopen

from runner.authoring.debian.packages import PackageIndex
from runner.errors import BuildError, EngineError
from runner.files.user_directories import cache_directory
from runner.files.whole_writes import whole_file

MIRROR = "https://deb.debian.org"
SNAPSHOT = "https://snapshot.debian.org/archive"
"""Has every file that was ever in Debian's archive, by the time when it was there."""

ANSWER_SECONDS = 60
_RELEASE_BYTES = 4 * 1024 * 1024
_INDEX_BYTES = 64 * 1024 * 1024

_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


@dataclass(frozen=True)
class Distribution:
    """A release of Debian for one architecture, e.g. 12, bookworm, amd64."""

    version: str
    codename: str
    architecture: str

    def __str__(self) -> str:
        return f"Debian {self.version} ({self.codename}) for {self.architecture}"

    def folders(self) -> dict[str, str]:
        """Return the archives below a mirror, and the folder of each for this distribution."""
        return {
            f"debian/dists/{self.codename}": "debian",
            f"debian/dists/{self.codename}-updates": "debian",
            f"debian-security/dists/{self.codename}-security": "debian-security",
        }


def fetch_index(distribution: Distribution) -> tuple[PackageIndex, str]:
    """Return the packages of a distribution, and the time of its lists as snapshots name it.

    Raises:
        EngineError: the mirror can't be reached.
        BuildError: Debian has no such distribution.
    """
    texts, times = [], []
    for folder, archive in distribution.folders().items():
        release = _read(f"{MIRROR}/{folder}/InRelease", _RELEASE_BYTES).decode()
        path = f"main/binary-{distribution.architecture}/Packages.xz"
        listed = re.search(rf"(?m)^ ([0-9a-f]{{64}}) +(\d+) {re.escape(path)}$", release)
        date = re.search(r"(?m)^Date: (.*)$", release)
        if listed is None or date is None:
            raise BuildError(
                f"apt.txt: there is no {distribution}: {MIRROR}/{folder} lacks {path}."
            )
        kept = _keep(f"{MIRROR}/{folder}/{path}", listed[1], min(int(listed[2]), _INDEX_BYTES))
        texts.append((f"{MIRROR}/{archive}", lzma.decompress(kept.read_bytes()).decode()))
        times.append(parsedate_to_datetime(date[1]))
    return PackageIndex(tuple(texts)), max(times).strftime("%Y%m%dT%H%M%SZ")


def fetch_package(url: str, sha256: str, size: int, time: str) -> Path:
    """Return a package's file, which is kept; of a version that is gone, Debian's snapshot of it.

    Args:
        time: when the mirror had it, as snapshots name it.

    Raises:
        EngineError: the mirror can't be reached.
        BuildError: the file is not the one with that digest, or is gone everywhere.
    """
    try:
        return _keep(url, sha256, size)
    except HTTPError as gone:
        archive, _, path = url.removeprefix(f"{MIRROR}/").partition("/")
        then = f"{SNAPSHOT}/{archive}/{time}/{path}"
        try:
            return _keep(then, sha256, size)
        except (HTTPError, EngineError) as error:
            raise BuildError(
                f"apt.lock: {url} is gone ({gone}), and its snapshot {then} can't be had. Remove "
                "apt.lock; the next build takes the versions of today."
            ) from error


def _keep(url: str, sha256: str, size: int) -> Path:
    """Return a file with this digest; fetch it if it is not kept yet."""
    kept = cache_directory() / "debian" / sha256
    if kept.is_file() and hashlib.sha256(kept.read_bytes()).hexdigest() == sha256:
        return kept
    content = _read(url, size)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BuildError(
            f"{url}: not the file that is meant: its SHA-256 is {found}, not {sha256}. If apt.lock "
            "is right, something on the way changed the file; else remove apt.lock."
        )
    with whole_file(kept, is_durable=False) as file:
        file.write(content)
    return kept


def _read(url: str, most_bytes: int) -> bytes:
    with _opened(url) as answer:
        content = answer.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise BuildError(f"{url}: has more than the {most_bytes} bytes that Debian's lists say.")
    return content


@contextmanager
def _opened(url: str) -> Iterator[BinaryIO]:
    """Yield the body of an answer.

    Raises:
        HTTPError: there is no such file any more.
        EngineError: the mirror can't be reached, or did not answer to the end.
    """
    try:
        with urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  (HTTPS, see MIRROR)
            yield answer
    except OSError as error:
        if isinstance(error, HTTPError) and error.code in _GONE:
            raise
        raise EngineError(
            f"{url}: can't be fetched ({error}). Packages of apt.txt come from there; HTTPS_PROXY "
            "names a proxy. What an earlier build has fetched is kept, and needs no network."
        ) from error
