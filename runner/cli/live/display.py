"""Shows lines and tasks as plain lines on standard error."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from runner.cli.echo import echo
from runner.progress import SILENT, Progress, Say, Task

SECONDS_PER_LINE = 10.0
"""Tasks that take less have no plain line; longer ones have a line at this interval."""


class Display(Progress):
    """Shows a command's progress, separate from its standard output."""

    def say(self, line: str) -> None:
        """Print a line on standard error."""
        echo(line, err=True)

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal to standard output during the block."""
        return nullcontext()


class QuietDisplay(Display):
    """Shows nothing."""

    def say(self, line: str) -> None:
        """Show no line."""

    def task(self, what: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Show no task."""
        return SILENT.task(what, total)


class LineDisplay(Display):
    """Plain lines, for logs and pipes; a long task has a line every ten seconds.

    Args:
        clock: seconds that only go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Task]:
        """Print the task's progress, at most every ten seconds."""
        yield _LineTask(self.say, self._clock, what, total)


class _LineTask:
    def __init__(
        self,
        say: Say,
        clock: Callable[[], float],
        what: str,
        total: int | None,
    ) -> None:
        self._say, self._clock = say, clock
        self._what, self._total, self._done = what, total, 0
        self._told = clock()
        self._lock = threading.Lock()

    def advance(self) -> None:
        with self._lock:
            self._done += 1
            self._tell()

    def show(self, what: str, done: int, total: int | None) -> None:
        with self._lock:
            self._what, self._done, self._total = what, done, total
            self._tell()

    def _tell(self) -> None:
        now = self._clock()
        if now - self._told >= SECONDS_PER_LINE:
            self._told = now
            total = "" if self._total is None else f" of {self._total}"
            self._say(f"{self._what}: {self._done}{total}")
