"""Files that are opened once: what is read of them is what was there then.

A file whose place another takes by a rename lives on until its last reader closes it.
"""

import hashlib
import io
import os
import resource
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

AT_ONCE = 1024 * 1024
"""How many bytes are in memory at a time while a digest is computed."""


class HeldFile:
    """An open file, closed when nobody refers to it. Any thread may read it.

    Bytes are copied, not mapped: if the file were cut off meanwhile, a map would end the process.

    Raises:
        OSError: it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        # A pipe in its place would not be waited for.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        self._path = path
        self._descriptor = os.open(path, flags)
        weakref.finalize(self, os.close, self._descriptor)
        self.bytes = os.fstat(self._descriptor).st_size

    def __reduce__(self) -> tuple[type["HeldFile"], tuple[Path]]:
        """Return what opens it in another process: there it is what then has its place."""
        return HeldFile, (self._path,)

    def read(self, offset: int, most: int) -> bytes:
        """Return this many bytes from a place on; fewer where the file ends."""
        return b"".join(self._chunks(offset, most))

    def sha256(self, offset: int, most: int) -> str:
        """Return the digest, in hexadecimal, of what ``read`` would return."""
        digest = hashlib.sha256()
        for chunk in self._chunks(offset, most):
            digest.update(chunk)
        return digest.hexdigest()

    def copy(self, offset: int, most: int, file: BinaryIO) -> str:
        """Write what ``read`` would return to a file, and return its digest in hexadecimal."""
        digest = hashlib.sha256()
        for chunk in self._chunks(offset, most):
            digest.update(chunk)
            file.write(chunk)
        return digest.hexdigest()

    def reader(self) -> BinaryIO:
        """Return the whole as a file to read from its start on."""
        return io.BufferedReader(_Reader(self), AT_ONCE)  # type: ignore[type-var]

    def _chunks(self, offset: int, most: int) -> Iterator[bytes]:
        end = offset + most
        while offset < end and (
            chunk := os.pread(self._descriptor, min(AT_ONCE, end - offset), offset)
        ):
            yield chunk
            offset += len(chunk)


class _Reader(io.RawIOBase):
    def __init__(self, held: HeldFile) -> None:
        self._held, self._place = held, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        content = self._held.read(self._place, len(buffer))
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)


def allow_open_files(more: int) -> None:
    """Let this process open more files, as far as the system allows it to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        wanted = soft + more if hard == resource.RLIM_INFINITY else min(soft + more, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
