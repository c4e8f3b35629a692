"""A terminal in memory, and a process on it: what stands on its screen, and what scrolled off."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

import pyte

SECONDS = 120
SIZES_OF_USERS = ("COLUMNS", "LINES")
"""Variables by which rich would not ask the terminal."""


class ForkedScript(ForkServerProcess):
    """A script that runs in no time: its process is forked from one that has imports behind it."""

    @classmethod
    def on(cls, terminal: str, code: str, imported: Sequence[str]) -> "ForkedScript":
        """Return the process of a script that has a terminal, as its controlling one, already."""
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__, *imported])
        told, telling = context.Pipe(duplex=False)
        process = cls(target=_run_script, args=(terminal, code, telling))
        process.start()
        assert told.poll(SECONDS)
        return process

    def wait(self) -> int:
        """Return the exit code when the script has ended."""
        self.join()
        assert self.exitcode is not None
        return self.exitcode


def _run_script(terminal: str, code: str, telling: Connection) -> None:
    os.setsid()
    opened = os.open(terminal, os.O_RDWR)  # the first terminal of a session controls it
    for number in range(3):
        os.dup2(opened, number)
    os.close(opened)
    sys.stdout, sys.stderr = (
        os.fdopen(number, "w", buffering=1, encoding="utf-8", closefd=False) for number in (1, 2)
    )
    os.environ["TERM"] = "xterm"
    for name in SIZES_OF_USERS:
        os.environ.pop(name, None)
    telling.send_bytes(b"ready")
    exec(code, {"__name__": "__main__"})


def _start(command: Sequence[str], terminal: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TERM": "xterm"}
    for name in SIZES_OF_USERS:
        environment.pop(name, None)
    return subprocess.Popen(
        ["setsid", "--ctty", *command],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
    )


class Terminal(AbstractContextManager["Terminal"]):
    """Runs a command that has it as its controlling terminal, and all three streams on it.

    Attributes:
        process: the command's.
        screens: what stood on the screen after each piece of output.
    """

    def __init__(
        self,
        command: Sequence[str] | str,
        columns: int = 100,
        lines: int = 50,
        imported: Sequence[str] = (),
    ) -> None:
        """Start the command; a text is a script in Python, with modules that are there already."""
        self._screen = pyte.HistoryScreen(columns, lines, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        self.screens: list[str] = []
        self.resize(columns, lines)
        self.process: subprocess.Popen[bytes] | ForkedScript
        if isinstance(command, str):
            self.process = ForkedScript.on(os.ttyname(theirs), command, imported)
        else:
            self.process = _start(command, theirs)
        os.close(theirs)

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window; what does not fit is cut off."""
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        # pyte takes lines from the top; a terminal takes first what is empty below the cursor.
        cursor, fewer = self._screen.cursor, self._screen.lines - lines
        row, column, scrolled = cursor.y, cursor.x, max(cursor.y - lines + 1, 0)
        if fewer > scrolled:
            self._screen.cursor_position()
            self._screen.insert_lines(fewer - scrolled)
        self._screen.resize(lines, columns)
        self._screen.cursor.y = row - scrolled
        self._screen.cursor.x = min(column, columns - 1)

    def type(self, keys: bytes) -> None:
        """Press keys, e.g. Ctrl-C."""
        os.write(self._ours, keys)

    def wait_for(self, is_there: Callable[[str], object]) -> str:
        """Return the first screen that is as it should be; the process must get there."""
        while self._read():
            if is_there(self.screens[-1]):
                return self.screens[-1]
        raise AssertionError("\n---\n".join(self.screens[-3:]))

    def wait(self) -> int:
        """Return the exit code of the process when it has ended."""
        while self._read():
            pass
        return self.process.wait()

    @property
    def has_cursor(self) -> bool:
        """Whether the cursor is visible."""
        return not self._screen.cursor.hidden

    @property
    def lines(self) -> list[str]:
        """All lines, those that scrolled off too, as they stand now."""
        scrolled = ["".join(line[at].data for at in range(self._columns)) for line in self._top]
        shown = [*scrolled, *self._screen.display]
        return "\n".join(line.rstrip() for line in shown).rstrip().split("\n")

    @property
    def _columns(self) -> int:
        return int(self._screen.columns)

    @property
    def _top(self) -> Iterable[dict[int, pyte.screens.Char]]:
        top: Iterable[dict[int, pyte.screens.Char]] = self._screen.history.top
        return top

    def _read(self) -> bool:
        deadline = time.monotonic() + SECONDS
        if not select.select([self._ours], [], [], deadline - time.monotonic())[0]:
            raise AssertionError("nothing is shown any more")
        try:
            shown = os.read(self._ours, 65536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self._stream.feed(shown)
        self.screens.append("\n".join(line.rstrip() for line in self._screen.display).rstrip())
        return bool(shown)
