"""The hostile tar stream of /output -> the bytes of the one file that is wanted.

The engine streams what the container left: links, pipes, sparse files of any length. Nothing is
extracted, no path is resolved, and the bytes are counted as they come.
"""

import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.contract.layout import OUTPUT_DIR, PREDICTIONS
from runner.errors import EngineError
from runner.sandbox.limits import KIB, Limits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

PAGE_BYTES = 4 * KIB
ARCHIVE_BYTES_PER_FILE = 16 * KIB
"""Room in the stream for a file's headers: long names and links take several blocks."""


class OutputTooLargeError(Exception):
    """The stream holds more than /output can: a sparse file, or a full /output."""


@dataclass(frozen=True)
class Output:
    """What was found in /output.

    Attributes:
        predictions: the bytes of predictions.json, or None.
        reason: why there are none, or None.
        full: /output had reached its limit in bytes or files.
    """

    predictions: bytes | None
    reason: str | None
    full: bool


def read_output(chunks: Iterable[bytes], limits: Limits) -> Output:
    """Return predictions.json if it is a regular file, and whether /output was full.

    Holds at most ``limits.output_bytes`` and one chunk in memory.

    Raises:
        EngineError: the engine's stream broke off.
    """
    most = limits.output_bytes + limits.output_files * ARCHIVE_BYTES_PER_FILE
    wanted = f"{OUTPUT_DIR.name}/{PREDICTIONS}"
    predictions, reason = None, f"the predictor wrote no {OUTPUT_DIR / PREDICTIONS}"
    used_bytes = files = 0
    try:
        stream = io.BufferedReader(_CountedStream(chunks, most))
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                files += 1
                used_bytes += -(-member.size // PAGE_BYTES) * PAGE_BYTES
                if member.name != wanted:
                    continue
                if member.isreg():
                    predictions = _member_bytes(archive, member)
                else:
                    reason = f"{OUTPUT_DIR / PREDICTIONS} is not a regular file"
    except OutputTooLargeError:
        return Output(None, f"{OUTPUT_DIR} holds more than its limit", full=True)
    except tarfile.TarError as error:  # the engine makes the archive, the predictor only its files
        raise EngineError(f"The engine's copy of {OUTPUT_DIR} broke off ({error}).") from error
    full = used_bytes + PAGE_BYTES > limits.output_bytes or files >= limits.output_files
    return Output(predictions, None if predictions is not None else reason, full)


def _member_bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    return b"" if content is None else content.read()


class _CountedStream(io.RawIOBase):
    """A readable stream of chunks that refuses to give more than a number of bytes."""

    def __init__(self, chunks: Iterable[bytes], most_bytes: int) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._left = most_bytes
        self._rest = b""

    def readable(self) -> bool:
        """Return True; io asks."""
        return True

    def readinto(self, buffer: "Buffer") -> int:
        """Fill the buffer with what is left of a chunk, and return how much that was."""
        room = memoryview(buffer).cast("B")
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left -= len(chunk)
            if self._left < 0:
                raise OutputTooLargeError
            self._rest = chunk
        taken, self._rest = self._rest[: len(room)], self._rest[len(room) :]
        room[: len(taken)] = taken
        return len(taken)
