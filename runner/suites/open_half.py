"""One half of a suite, open: its files as they were when it was opened, as long as it is open.

The files of a half are few. Each holds one part for each run, one after the other; only assets are
files of their own.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from runner.errors import SuiteError
from runner.files.below import paths_below
from runner.files.held_files import HeldFile, allow_open_files
from runner.suites.manifest import DIGEST, MANIFEST, FileRecord, PrivateManifest, SuiteManifest

CHANGED = "changed since the suite was built. Get the suite, or build it, again."


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of one run in a file of a suite, or an asset. They are read when asked for.

    Attributes:
        file: what they are in.
        offset: where in the file they begin.
        record: how many they are, and their digest.
        name: of the file, for messages.
    """

    file: HeldFile
    offset: int
    record: FileRecord
    name: str

    def read(self) -> bytes:
        """Return the bytes; they are checked each time.

        Raises:
            SuiteError: they are not what the manifest says.
        """
        content = self.file.read(self.offset, self.record.bytes)
        self._compare(hashlib.sha256(content).hexdigest())
        return content

    @property
    def size(self) -> int:
        """Return how many they are."""
        return self.record.bytes

    @property
    def sha256(self) -> str:
        """Return their digest."""
        return self.record.sha256

    def write_to(self, file: BinaryIO) -> None:
        """Write the bytes to a file, few of them in memory at a time.

        Raises:
            SuiteError: they are not what the manifest says.
        """
        self._compare(self.file.copy(self.offset, self.record.bytes, file))

    def peek(self, most: int) -> bytes:
        """Return the first bytes, not checked."""
        return self.file.read(self.offset, min(most, self.record.bytes))

    def check(self) -> None:
        """Check the bytes, of which few are in memory at a time.

        Raises:
            SuiteError: they are not what the manifest says.
        """
        self._compare(self.file.sha256(self.offset, self.record.bytes))

    def _compare(self, sha256: str) -> None:
        if sha256 != self.record.sha256:
            raise SuiteError(f"{self.name}: {CHANGED}")


@dataclass(frozen=True)
class OpenHalf:
    """The files of one half, all open.

    Attributes:
        parts: by file, then by the run's number.
        files: the others.
    """

    parts: Mapping[str, Mapping[int, Part]]
    files: Mapping[str, Part]

    def check(self) -> None:
        """Check every byte, several files at a time.

        Raises:
            SuiteError: names the first file that was changed.
        """
        every = [part for parts in self.parts.values() for part in parts.values()]
        every += self.files.values()
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers) as pool:
            for error in pool.map(_first_error, _shares(every, workers)):
                if error is not None:
                    raise error


def open_half(
    root: Path,
    manifest: SuiteManifest | PrivateManifest,
    name_file: Callable[[Path], str] = str,
) -> OpenHalf:
    """Return a half with all its files open; their names and sizes are checked, not their bytes.

    Args:
        name_file: returns a file's name for messages.

    Raises:
        SuiteError: names a file that is missing, was added, or has another size.
        OSError: a file can't be opened.
    """
    recorded = {*manifest.parts, *manifest.files}
    below = paths_below(root, pass_over_closed=False)
    found = {path.relative_to(root).as_posix(): path.lstat().st_mode for path in below}
    regular = {name for name, mode in found.items() if stat.S_ISREG(mode)}
    others = {name for name, mode in found.items() if not stat.S_ISDIR(mode)}
    for name in sorted(others - recorded - {MANIFEST, DIGEST}):
        shown = name_file(root / name)
        raise SuiteError(f"{shown}: not a file of the suite; it was added after the build")
    for name in sorted(recorded - regular):
        shown = name_file(root / name)
        raise SuiteError(f"{shown}: missing; the suite had it when it was built")
    allow_open_files(len(recorded))
    parts = {
        name: _open_parts(root / name, records, name_file(root / name))
        for name, records in manifest.parts.items()
    }
    files = {
        name: _open_file(root / name, record, name_file(root / name))
        for name, record in manifest.files.items()
    }
    return OpenHalf(parts, files)


def _open_parts(path: Path, records: Mapping[int, FileRecord], shown: str) -> dict[int, Part]:
    held = _open(path, sum(record.bytes for record in records.values()), shown)
    parts, offset = {}, 0
    for number, record in records.items():
        parts[number] = Part(held, offset, record, shown)
        offset += record.bytes
    return parts


def _open_file(path: Path, record: FileRecord, shown: str) -> Part:
    return Part(_open(path, record.bytes, shown), 0, record, shown)


def _open(path: Path, size: int, shown: str) -> HeldFile:
    held = HeldFile(path)
    if held.bytes != size:
        raise SuiteError(f"{shown}: {CHANGED}")
    return held


def _shares(parts: Sequence[Part], workers: int) -> list[Sequence[Part]]:
    """Return the parts in shares of about the same size, more than there are workers."""
    total = sum(part.record.bytes for part in parts)
    shares: list[list[Part]] = [[]]
    size = 0
    for part in parts:
        shares[-1].append(part)
        size += part.record.bytes
        if size * 4 * workers >= total * len(shares):
            shares.append([])
    return list(shares)


def _first_error(parts: Sequence[Part]) -> SuiteError | None:
    try:
        for part in parts:
            part.check()
    except SuiteError as error:
        return error
    return None
