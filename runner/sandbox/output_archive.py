"""The hostile tar stream of /output -> the bytes of the files that are wanted.

The engine streams what the container left: links, pipes, sparse files of any length. Nothing is
extracted, no path is resolved, and the bytes are counted as they come.
"""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar, NoReturn, Self

from pydantic import ConfigDict

from runner.contract.layout import OUTPUT_DIR, PREDICTIONS
from runner.contract.limits import KIB, Limits
from runner.errors import EngineError
from runner.untrusted import quote

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

PAGE_BYTES = 4 * KIB
ARCHIVE_BYTES_PER_FILE = 16 * KIB
"""Room in the stream for a file's headers: long names and links take several blocks."""


BYTES_AS_BASE64 = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
"""Bytes, written as base64 when a run is stored as JSON."""


class OutputTooLargeError(Exception):
    """The stream holds more than /output can: a sparse file, or a full /output."""


@dataclass(frozen=True)
class Output:
    """What was found in /output.

    Attributes:
        files: the bytes of each wanted file that is there, by its name below /output.
        reasons: for each wanted file that is not in ``files``, why it is missing.
        full: /output had reached its limit in bytes or files.
        bytes_used: the bytes that the files took, in whole pages.
        file_count: files, folders and links, /output itself not counted.
    """

    __pydantic_config__: ClassVar = BYTES_AS_BASE64

    files: Mapping[str, bytes]
    reasons: Mapping[str, str]
    full: bool
    bytes_used: int
    file_count: int


def read_output(
    chunks: Iterable[bytes], limits: Limits, wanted: Sequence[str] = (PREDICTIONS,)
) -> Output:
    """Return the wanted files that are regular files, and whether /output was full.

    Holds at most ``limits.output_bytes`` and one chunk in memory, however many files are wanted.

    Args:
        wanted: names of files directly in /output.

    Raises:
        EngineError: the engine's stream broke off.
    """
    most = limits.output_bytes + limits.output_files * ARCHIVE_BYTES_PER_FILE
    names = {f"{OUTPUT_DIR.name}/{name}": name for name in wanted}
    reasons = {name: f"the predictor wrote no {OUTPUT_DIR / name}" for name in wanted}
    elsewhere: dict[str, str | None] = dict.fromkeys(wanted)
    files: dict[str, bytes] = {}
    used = count = 0
    try:
        stream = io.BufferedReader(_CountedStream(chunks, most))
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_PlainMember) as archive:
            for member in archive:
                count += 1
                used += -(-member.size // PAGE_BYTES) * PAGE_BYTES
                name = names.get(member.name)
                if name is None:
                    _note_elsewhere(member, elsewhere)
                    continue
                if member.isreg():
                    files[name] = _member_bytes(archive, member)
                    reasons.pop(name, None)
                    elsewhere.pop(name, None)
                else:
                    elsewhere.pop(name, None)
                    reasons[name] = f"{OUTPUT_DIR / name} {_not_regular(member)}"
    except OutputTooLargeError:
        reason = f"{OUTPUT_DIR} holds more than its limit"
        return Output({}, dict.fromkeys(wanted, reason), True, used, count)
    # The engine's fault: it makes the archive. The library doesn't convert all of its own errors.
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
        raise EngineError(f"The engine's copy of {OUTPUT_DIR} broke off ({error}).") from error
    for name, place in elsewhere.items():
        if place is not None:
            reasons[name] += f"; what it wrote is {quote(place)}"
    # A tmpfs counts its root among its inodes, as the archive does.
    full = used + PAGE_BYTES > limits.output_bytes or count >= limits.output_files
    return Output(files, reasons, full, used, max(0, count - 1))


def _note_elsewhere(member: tarfile.TarInfo, elsewhere: dict[str, str | None]) -> None:
    """Note a file that is probably the wanted one: in a folder, packed, unfinished, other case."""
    written = PurePosixPath(member.name).name.casefold()
    for name, place in elsewhere.items():
        if place is None and member.isreg() and f"{written}.".startswith(f"{name}."):
            elsewhere[name] = f"/{member.name}"


def _not_regular(member: tarfile.TarInfo) -> str:
    if (
        member.islnk()
    ):  # the archive holds the bytes under the other name only, and the runner ignores that name
        return "is a hard link to another file of /output; write it as a file of its own"
    return "is not a regular file"


def _member_bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    return b"" if content is None else content.read()


class _PlainMember(tarfile.TarInfo):
    """A member as engines write it: its headers are short, and it has no map of holes.

    The library would read a map of any length, in a time that grows with its square, and fill a
    hole of any size with zeros in memory.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return the member of one header block."""
        member = super().frombuf(buf, encoding, errors)
        is_long = member.type in _EXTENSIONS and member.size > ARCHIVE_BYTES_PER_FILE
        if is_long or member.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("a header that no engine writes")
        return member

    def _refuse_holes(self, *_arguments: object) -> NoReturn:
        raise tarfile.ReadError("a sparse file, which no engine writes")

    # What the library calls for the three forms of such a map in a pax header.
    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse_holes


_EXTENSIONS = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


class _CountedStream(io.RawIOBase):
    """A readable stream of chunks that raises an error beyond a number of bytes."""

    def __init__(self, chunks: Iterable[bytes], most_bytes: int) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._left = most_bytes
        self._rest = b""

    def readable(self) -> bool:
        """Return True, as io requires."""
        return True

    def readinto(self, buffer: "Buffer") -> int:
        """Fill the buffer from the current chunk, and return how many bytes were written."""
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
