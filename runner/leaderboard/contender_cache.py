"""Contenders in the user's cache, by the digest of their report.json, and by its file's stamp.

The digest finds one wherever its report lies. The stamp finds it without reading the report, which
may have megabytes.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from runner.code_version import scoring_versions
from runner.files.file_stamps import stamp_of
from runner.files.user_directories import kept_by_this_code
from runner.files.whole_writes import whole_file
from runner.leaderboard.contenders import Contender

KEPT = "leaderboard"
"""The folder of the cache that contenders are kept in."""


@dataclass(frozen=True)
class ContenderCache:
    """What is kept; a file of it that is not what was written is not believed.

    Attributes:
        folder: where; None if nothing can be kept.
    """

    folder: Path | None

    @classmethod
    def of_this_code(cls) -> "ContenderCache":
        """Return the cache of what this very code has found."""
        return cls(kept_by_this_code(KEPT, scoring_versions()))

    def recall(self, path: Path) -> Contender | None:
        """Return the contender of a report.json whose stamp is known; None if it must be read."""
        stamp = None if self.folder is None else stamp_of(path)
        if stamp is None:
            return None
        digest = self._read(digest_of(os.fsencode(stamp)))
        return None if digest is None else self.find(digest.decode())

    def find(self, digest: str) -> Contender | None:
        """Return the contender of the report.json with a digest; None if it is not kept."""
        text = self._read(digest)
        if text is None:
            return None
        try:
            return Contender.model_validate_json(text)
        except ValidationError:
            return None

    def keep(self, digest: str, contender: Contender) -> None:
        """Keep the contender of the report.json with a digest."""
        self._write(digest, contender.model_dump_json().encode())

    def note(self, stamp: str | None, digest: str) -> None:
        """Keep which digest the report.json had that had a stamp before it was read."""
        if stamp is not None:
            self._write(digest_of(os.fsencode(stamp)), digest.encode())

    def _read(self, name: str) -> bytes | None:
        if self.folder is None:
            return None
        try:
            checksum, _, text = (self.folder / name).read_bytes().partition(b"\n")
        except OSError:
            return None
        return text if checksum == _checksum(name, text) else None

    def _write(self, name: str, text: bytes) -> None:
        if self.folder is None:
            return
        place = self.folder / name
        with suppress(OSError), whole_file(place, is_durable=False, is_private=True) as file:
            file.write(_checksum(name, text) + b"\n" + text)


def _checksum(name: str, text: bytes) -> bytes:
    return digest_of(name.encode() + text).encode()


def digest_of(content: bytes) -> str:
    """Return what a report.json is kept by."""
    return hashlib.sha256(content).hexdigest()
