"""``apt.txt`` and ``apt.lock``: which packages an author names, and which files they became."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from runner.authoring.context_files import reading
from runner.authoring.debian.archive import MIRROR, Distribution
from runner.authoring.debian.packages import Package
from runner.errors import UsageError
from runner.files.whole_writes import whole_file

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")


class LockedPackage(BaseModel):
    """One .deb file."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, strict=True)

    name: str
    version: str
    url: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        """Return the name of the file."""
        return self.url.rpartition("/")[2]


class Lock(BaseModel):
    """What ``apt.txt`` was resolved to.

    Attributes:
        distribution: e.g. ``Debian 12 (bookworm) for amd64``.
        time: of the lists that it was resolved with, as Debian's snapshots name it.
        wanted: the names of apt.txt.
        base: a digest of the base's own packages.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, strict=True)

    distribution: str
    time: str
    wanted: list[str]
    base: str
    packages: list[LockedPackage]


def read_wanted(path: Path) -> list[str]:
    """Return the names in an ``apt.txt``, sorted; ``#`` begins a comment.

    Raises:
        UsageError: it can't be read, or a line is no name of a package.
    """
    wanted = set()
    with reading(path):  # some editors begin a file with a byte order mark
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.partition("#")[0].split():
            if not _NAME.fullmatch(word):
                raise UsageError(
                    f"{path}, line {number}: {word!r} is no name of a package. Write names alone, "
                    "e.g. libgomp1; apt.lock keeps their versions."
                )
            wanted.add(word)
    return sorted(wanted)


def read_lock(path: Path) -> Lock | None:
    """Return what an ``apt.lock`` holds, or None if there is none.

    Raises:
        UsageError: it is not one that the runner wrote.
    """
    if not path.is_file():
        return None
    try:
        lock = Lock.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: can't be read ({error.strerror}).") from error
    except ValidationError as error:
        raise UsageError(
            f"{path}: not as the runner wrote it. Remove it; the next build makes it again."
        ) from error
    for package in lock.packages:
        if not package.url.startswith(f"{MIRROR}/") or not re.fullmatch(
            r"[\w.+~%-]+\.deb", package.file_name
        ):
            raise UsageError(
                f"{path}: {package.url} is no package at {MIRROR}. Remove the file; the next "
                "build makes it again."
            )
    return lock


def check_architecture(lock: Lock, base: Distribution) -> None:
    """Refuse a lock that was made for another architecture: it may be in use elsewhere.

    Raises:
        UsageError: it was.
    """
    locked = lock.distribution.rpartition(" for ")[2]
    if locked != base.architecture:
        raise UsageError(
            f"apt.lock: it is for {locked}, and the base is for {base.architecture}. Build for "
            f"{locked}, or remove apt.lock; the next build makes it again."
        )


def write_lock(path: Path, lock: Lock) -> None:
    """Write an ``apt.lock``.

    Raises:
        UsageError: it can't be written.
    """
    try:
        with whole_file(path) as file:
            file.write(lock.model_dump_json(indent=2).encode() + b"\n")
    except OSError as error:
        raise UsageError(
            f"{path}: can't be written ({error.strerror}). It holds the digests of the packages of "
            "apt.txt; make the folder writable."
        ) from error


def lock_packages(packages: Iterable[Package]) -> list[LockedPackage]:
    """Return packages of an archive as a lock has them."""
    return [
        LockedPackage(
            name=one.name, version=one.version, url=one.url, sha256=one.sha256, size=one.size
        )
        for one in packages
    ]


def installed_digest(installed: Mapping[str, Package]) -> str:
    """Return a digest of the names and versions of a base's own packages."""
    text = "".join(f"{one.name}={one.version}\n" for _, one in sorted(installed.items()))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
