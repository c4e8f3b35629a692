"""Progress on standard error: bars where it is a terminal, else now and then a plain line."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from runner.progress import Progress, Task

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

MOST_CHARACTERS = 44
"""Of a task's name that stand beside its bar: then a line fits into 80."""

SECONDS_PER_LINE = 10.0
"""A task that takes less has no plain line; a longer one has a line so often."""


class Display(Progress):
    """What a command shows of its progress: lines, and tasks."""

    def announce(self, line: str) -> None:
        """Print a line where it does not mix with what was asked for."""
        click.echo(line, err=True)


def open_display() -> Display:
    """Return bars if standard error is a terminal that can move its cursor, else plain lines."""
    is_terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return BarDisplay() if is_terminal else LineDisplay()


class LineDisplay(Display):
    """Plain lines, for logs and pipes: one for a task that takes long, and then every while.

    Args:
        clock: seconds that only go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Task]:
        """Print how far the task is, at most every ten seconds."""
        yield _LineTask(self.announce, self._clock, what, total)


class _LineTask:
    def __init__(
        self,
        announce: Callable[[str], None],
        clock: Callable[[], float],
        what: str,
        total: int | None,
    ) -> None:
        self._announce, self._clock = announce, clock
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
            self._announce(f"{self._what}: {self._done}{total}")


class BarDisplay(Display):
    """A bar per task below the lines; all are gone when the last task is over.

    Only while a task is under way is the terminal's cursor moved, so that what a command prints
    before and after is its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bars: Bars | None = None
        self._tasks = 0

    def announce(self, line: str) -> None:
        """Print a line above the bars."""
        with self._lock:
            if self._bars is None:
                super().announce(line)
            else:
                # Neither markup nor emphasis: a line is shown as it is.
                self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Task]:
        """Show a bar."""
        bars = self._open_bars()
        number = bars.add_task(what, total=total)
        try:
            yield _BarTask(bars, number)
        finally:
            bars.remove_task(number)
            self._close_bars()

    def _open_bars(self) -> "Bars":
        with self._lock:
            self._tasks += 1
            if self._bars is None:
                self._bars = _make_bars()
                self._bars.start()
            return self._bars

    def _close_bars(self) -> None:
        with self._lock:
            self._tasks -= 1
            if self._tasks == 0 and self._bars is not None:
                self._bars.stop()
                self._bars = None


@dataclass(frozen=True)
class _BarTask:
    bars: "Bars"
    number: "TaskID"

    def advance(self) -> None:
        self.bars.advance(self.number)

    def show(self, what: str, done: int, total: int | None) -> None:
        self.bars.update(self.number, description=what, completed=done, total=total)


def _make_bars() -> "Bars":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.progress import Task as BarTask
    from rich.table import Column
    from rich.text import Text

    class Count(MofNCompleteColumn):
        def render(self, task: BarTask) -> Text:
            return Text() if task.total is None else super().render(task)

    cut = Column(no_wrap=True, overflow="ellipsis", max_width=MOST_CHARACTERS)
    return Bars(
        TextColumn("{task.description}", markup=False, table_column=cut),
        BarColumn(bar_width=16),
        Count(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        # What goes to standard output is for programs, and rich would print it on this console.
        redirect_stdout=False,
        redirect_stderr=False,
    )
