"""Standard output and standard error that outlive their readers.

`runner evaluate ... 2>&1 | head -1` ends the reader after one line. What runs then goes on, and its
report is written; only the lines that nobody would read are lost.
"""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

READER_GONE = (errno.EPIPE, errno.EIO)
"""The errors of a pipe that nobody reads, and of a terminal that is closed."""


class LastingFile(io.FileIO):
    """A file of a standard stream. After an error, all that is written to it is dropped.

    Attributes:
        failure: the error, if what was written was not all wanted: e.g. the disk is full.
        is_used: whether something was written.
    """

    failure: OSError | None = None
    is_used = False

    def write(self, data: Any, /) -> int:
        """Write bytes, or drop them."""
        self.is_used = True
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in READER_GONE:
                self.failure = error
            self._drop_from_now_on()
            return len(data)

    def _drop_from_now_on(self) -> None:
        # On the descriptor itself: programs that are started later inherit it.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def outlive_readers() -> LastingFile | None:
    """Make both streams go on when they can't be written; return the file of standard output.

    Streams that something else has put there, e.g. a test, are left as they are: then None is
    returned.
    """
    if sys.stderr is sys.__stderr__:
        sys.stderr, _ = _lasting(sys.stderr, 2)
    if sys.stdout is not sys.__stdout__:
        return None
    sys.stdout, file = _lasting(sys.stdout, 1)
    return file


def _lasting(stream: TextIO | None, descriptor: int) -> tuple[TextIO, LastingFile]:
    if stream is None:  # the shell has closed it: `2>&-`
        file = LastingFile(os.devnull, "w")
        return io.TextIOWrapper(io.BufferedWriter(file), encoding="utf-8"), file
    with suppress(OSError):
        stream.flush()
    file = LastingFile(descriptor, "w", closefd=False)
    text = io.TextIOWrapper(
        io.BufferedWriter(file),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=descriptor == 2 or file.isatty(),  # noqa: PLR2004  (standard error)
    )
    return text, file
