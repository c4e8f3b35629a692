"""A terminal in memory, and a process on it: what stands on its screen, and what scrolled off."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

import pyte

SECONDS = 120


class Terminal(AbstractContextManager["Terminal"]):
    """Runs a command that has it as its controlling terminal, and all three streams on it.

    Attributes:
        process: the command's.
        screens: what stood on the screen after each piece of output.
    """

    def __init__(self, command: Sequence[str], columns: int = 100, lines: int = 50) -> None:
        self._screen = pyte.HistoryScreen(columns, lines, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        self.screens: list[str] = []
        self.resize(columns, lines)
        environment = {**os.environ, "TERM": "xterm"}
        for name in ("COLUMNS", "LINES"):  # by these rich would not ask the terminal
            environment.pop(name, None)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
        )
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
