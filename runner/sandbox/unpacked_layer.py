"""What a layer takes on an engine's disk once it is unpacked, read off the headers of its tar.

A sparse file stands in a tar without its zeros, and an engine writes them: 482 bytes filled a disk.
The headers are read as Go's archive/tar reads them, with which engines unpack: a reader that found
others could be shown a harmless layer.
"""

import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from runner.contract.limits import MIB

DISK_BLOCK = 4096
"""What a file system gives to a file at least, and to each folder."""

MOST_EXTENDED_BYTES = MIB
"""Of an extended header; newer versions of Go read no more either."""

MOST_DIGITS = 20

_BLOCK = tarfile.BLOCKSIZE
_IN_BINARY = 0x80
_WITHOUT_CONTENT = b"123456"
"""The kinds of links, devices, folders and pipes: what follows is a header, whatever their size."""


class _UnknownSizeError(Exception):
    """A layer that may take any number of bytes."""


def unpacked_bytes(layer: Path) -> int | None:
    """Return about how many bytes a layer takes unpacked; None if it can be any number."""
    total, most = 0, layer.stat().st_size
    extended: Mapping[bytes, bytes] = {}
    try:
        with layer.open("rb") as file:
            while _is_header(header := file.read(_BLOCK)):
                kind, size = header[156:157], _size(header)
                if kind == tarfile.XHDTYPE:
                    extended = _read_extended(file, size)
                    continue
                if kind not in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
                    size = _content_bytes(kind, size, extended)
                    extended = {}
                    total += DISK_BLOCK + size
                if size > most:
                    return None
                file.seek(_in_blocks(size), 1)
    except _UnknownSizeError:
        return None
    return total


def _content_bytes(kind: bytes, size: int, extended: Mapping[bytes, bytes]) -> int:
    """Return how many bytes follow the header of a file.

    Args:
        extended: the records of the extended header before it.
    """
    if kind in _WITHOUT_CONTENT:
        return 0
    if any(name.startswith(b"GNU.sparse.") for name in extended) or kind == tarfile.GNUTYPE_SPARSE:
        raise _UnknownSizeError
    if extended.get(b"size") and kind != tarfile.XGLTYPE:
        size = _number(extended[b"size"], 10)
    if kind == tarfile.AREGTYPE and size:  # a folder, if its name ends like that of one
        raise _UnknownSizeError
    return size


def _is_header(block: bytes) -> bool:
    """Return whether a block is a header. Nothing is unpacked from one on that is not."""
    if len(block) < _BLOCK:
        return False
    summed = block[:148] + b" " * 8 + block[156:]
    try:
        wanted = _number(block[148:156], 8)
    except _UnknownSizeError:
        return False
    return wanted in (sum(summed), sum(memoryview(summed).cast("b")))


def _size(header: bytes) -> int:
    field = header[124:136]
    if field[0] & _IN_BINARY:
        return int.from_bytes(bytes([field[0] ^ _IN_BINARY]) + field[1:])
    return _number(field, 8)


def _number(field: bytes, base: int) -> int:
    digits = field.strip(b" \0").partition(b"\0")[0] or b"0"
    try:
        if digits.isdigit() and len(digits) <= MOST_DIGITS:
            return int(digits, base)
    except ValueError:  # an 8 or 9 in base 8
        pass
    raise _UnknownSizeError


def _read_extended(file: BinaryIO, size: int) -> dict[bytes, bytes]:
    """Return the records of an extended header, each of which begins with its length."""
    if size > MOST_EXTENDED_BYTES:
        raise _UnknownSizeError
    text, records, begin = file.read(_in_blocks(size))[:size], {}, 0
    while begin < size:
        space = text.find(b" ", begin, begin + MOST_DIGITS)
        end = begin + _number(text[begin:space], 10)
        name, separator, value = text[space + 1 : end - 1].partition(b"=")
        if space < 0 or not separator or text[end - 1 : end] != b"\n":
            raise _UnknownSizeError
        records[name], begin = value, end
    return records


def _in_blocks(size: int) -> int:
    return size + -size % _BLOCK
