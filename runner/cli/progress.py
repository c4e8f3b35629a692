"""Progress on standard error: bars where it is a terminal, else now and then a plain line."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from runner.progress import Progress, Task
from runner.untrusted import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    Draw = Callable[[int, int], RenderableType]

MOST_CHARACTERS = 44
"""Of a task's name that stand beside its bar: then a line fits into 80."""

SECONDS_PER_LINE = 10.0
"""A task that takes less has no plain line; a longer one has a line so often."""

DRAWN_PER_SECOND = 5
"""Often enough to look alive; a batch may take hours, on the cores that its cases run on."""


class Display(Progress):
    """What a command shows of its progress: lines, and tasks."""

    def announce(self, line: str) -> None:
        """Print a line where it does not mix with what was asked for."""
        click.echo(line, err=True)

    def say(self, line: str) -> None:
        """Print a line where it does not mix with what was asked for."""
        self.announce(line)

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal, while the block lasts, to what is printed on standard output."""
        return nullcontext()


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
    """Bars and views below the lines; all are gone when the last of them is over.

    Only while there are some is the terminal's cursor moved, so that what a command prints before
    and after is its own.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # the thread that prints aside may announce lines too
        self._bars = _make_bars()
        self._views: list[Draw] = []
        self._shown = 0
        self._live: Live | None = None

    def announce(self, line: str) -> None:
        """Print a line above the bars."""
        with self._lock:
            if self._live is None:
                super().announce(line)
            else:
                # Neither markup nor emphasis nor emoji: a line is shown as it is.
                self._live.console.print(
                    "\n".join(map(printable, line.split("\n"))),
                    markup=False,
                    highlight=False,
                    emoji=False,
                    soft_wrap=True,
                )

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bars away while the block lasts; lines of other threads wait for its end."""
        with self._lock:
            self._stop()
            try:
                yield
            finally:
                self._start()

    @contextmanager
    def show(self, view: "Draw") -> Iterator[None]:
        """Show what a view draws, now and then, while the block lasts."""
        self._views.append(view)
        try:
            with self._showing():
                yield
        finally:
            self._views.remove(view)

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Task]:
        """Show a bar."""
        number = self._bars.add_task(what, total=total)
        try:
            with self._showing():
                yield _BarTask(self._bars, number)
        finally:
            self._bars.remove_task(number)

    @contextmanager
    def _showing(self) -> Iterator[None]:
        with self._lock:
            self._shown += 1
        try:
            self._start()
            yield
        finally:
            with self._lock:
                self._shown -= 1
                if self._shown == 0:
                    self._stop()

    def _start(self) -> None:
        """Draw what is shown at once, and from then on now and then."""
        with self._lock:
            if self._live is not None:
                self._live.refresh()
            elif self._shown:
                self._live = _make_live(self._draw)
                self._live.start(refresh=True)

    def _stop(self) -> None:
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None

    def _draw(self, console: "Console") -> "RenderableType":
        """Return all views and bars. Called by a thread that holds a lock of rich's."""
        from rich.console import Group

        bars = self._bars.tasks
        # One line stays free, on which the cursor is in the end.
        lines = console.height - 1 - len(bars)
        views = [view(console.width, lines) for view in self._views]
        return Group(*views, *([self._bars.get_renderable()] if bars else []))


@dataclass(frozen=True)
class _BarTask:
    bars: "Bars"
    number: "TaskID"

    def advance(self) -> None:
        self.bars.advance(self.number)

    def show(self, what: str, done: int, total: int | None) -> None:
        self.bars.update(self.number, description=what, completed=done, total=total)


def _make_live(draw: "Callable[[Console], RenderableType]") -> "Live":
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    return Live(
        console=console,
        get_renderable=lambda: draw(console),
        refresh_per_second=DRAWN_PER_SECOND,
        transient=True,
        # What goes to standard output is for programs, and rich would print it on this console.
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _make_bars() -> "Bars":
    """Return bars that are drawn by whoever asks for them."""
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
    )
