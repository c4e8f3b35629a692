"""Opens the files that users name: a pipe in a file's place would be waited for, e.g. for ever."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

GZIP = b"\x1f\x8b"
"""How a compressed file begins."""

NO_FILE = "no file, e.g. a pipe or a device"


def open_regular(path: Path) -> BufferedReader:
    """Return a file of this disk, open to read its bytes.

    Raises:
        OSError: it can't be opened, or is a folder, a pipe or a device.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return refuse_open_irregular(descriptor, path)


def refuse_open_irregular(descriptor: int, path: Path) -> BufferedReader:
    """Return what has been opened as a file; it is closed if it is none.

    Raises:
        OSError: it is a folder, a pipe or a device.
    """
    try:
        _refuse(os.fstat(descriptor).st_mode, path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, most_bytes: int | None = None) -> bytes:
    """Return the content of a file of this disk.

    Args:
        most_bytes: a larger file is refused, without being read further; None for no bound.

    Raises:
        OSError: it can't be read, or is a folder, a pipe or a device, or too large.
    """
    with open_regular(path) as file:
        content = file.read(-1 if most_bytes is None else most_bytes + 1)
    if most_bytes is not None and len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"more than {most_bytes} bytes", str(path))
    return content


def refuse_irregular(path: Path) -> None:
    """Refuse what is there and is no file, before it is opened to write.

    Raises:
        OSError: it is a folder, a pipe or a device.
    """
    if path.exists():
        _refuse(path.stat().st_mode, path)


def refuse_other_kind(path: Path, beginning: bytes) -> None:
    """Refuse a file that is there and begins otherwise, before what is made takes its place.

    Raises:
        OSError: it is there and is something else.
    """
    try:
        with open_regular(path) as file:
            found = file.read(len(beginning))
    except FileNotFoundError:
        return
    if found and found != beginning:
        raise FileExistsError(errno.EEXIST, "another kind of file is there", str(path))


def _refuse(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, NO_FILE, str(path))
