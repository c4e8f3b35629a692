"""Files that many containers share, e.g. a model's weights: read when needed, in pieces."""

import hashlib
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class SharedFile(Protocol):
    """A file that is not in memory."""

    @property
    def size(self) -> int:
        """Return its size."""

    @property
    def sha256(self) -> str:
        """Return its digest."""

    def write_to(self, file: BinaryIO) -> None:
        """Write its bytes; raise an error at the end if they are not those of its digest."""


@dataclass(frozen=True)
class SharedFiles:
    """Files by their names below one folder."""

    files: Mapping[str, SharedFile]

    @property
    def digest(self) -> str:
        """Return a digest of all names and bytes."""
        lines = (f"{name}\0{file.sha256}\n" for name, file in sorted(self.files.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def write_archive(self, archive: BinaryIO) -> None:
        """Write a tar that reveals nothing else: owner root, no times, names sorted."""
        with tarfile.open(fileobj=archive, mode="w") as tar:
            folders = {name[:at] for name in self.files for at in _slashes(name)}
            for folder in sorted(folders):
                member = tarfile.TarInfo(folder)
                member.type, member.mode = tarfile.DIRTYPE, 0o555
                tar.addfile(member)
            for name, file in sorted(self.files.items()):
                member = tarfile.TarInfo(name)
                member.size, member.mode = file.size, 0o444
                tar.addfile(member)  # the header alone: the bytes follow, and fill whole blocks
                file.write_to(archive)
                padding = -file.size % tarfile.BLOCKSIZE
                archive.write(bytes(padding))
                tar.offset += file.size + padding


def _slashes(name: str) -> list[int]:
    return [at for at, letter in enumerate(name) if letter == "/"]
