"""Shows lines and tasks on a terminal: progress bars below the lines."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.progress import Task as BarTask
from rich.table import Column
from rich.text import Text

from runner.cli.live.display import Display, LineDisplay
from runner.progress import Task
from runner.untrusted import printable, printable_lines

Draw = Callable[[int, int], RenderableType]
"""Draws a view of at most this many columns and lines."""

MOST_CHARACTERS = 44
"""Characters of a task's name beside its bar, so that a line fits into 80 columns."""

DRAWN_PER_SECOND = 5
"""Often enough to look alive, but rare: a batch may take hours, and drawing uses its cores."""


def open_display() -> Display:
    """Return bars if standard error is a terminal that can move its cursor, else plain lines."""
    is_terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return BarDisplay() if is_terminal else LineDisplay()


class BarDisplay(Display):
    """Bars and views below the lines; they disappear when the last one is over.

    The terminal's cursor is moved only while there are some, so that a command's other output is
    not disturbed.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # the thread inside aside() may print lines too
        self._bars = _make_bars()
        self._views: list[Draw] = []
        self._shown = 0
        self._live: Live | None = None

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        with self._lock:
            if self._live is None:
                super().say(line)
            else:
                # Neither markup nor emphasis nor emoji: a line is shown as it is.
                self._live.console.print(
                    printable_lines(line),
                    markup=False,
                    highlight=False,
                    emoji=False,
                    soft_wrap=True,
                )

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Hide the bars during the block; lines of other threads wait for its end."""
        with self._lock:
            self._stop()
            try:
                yield
            finally:
                self._start()

    @contextmanager
    def show(self, view: Draw) -> Iterator[None]:
        """Show a view, redrawn from time to time, during the block."""
        self._views.append(view)
        try:
            with self._showing():
                yield
        finally:
            self._views.remove(view)

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Task]:
        """Show a bar."""
        number = self._bars.add_task(printable(what), total=total)
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
        """Draw what is shown now, and again from time to time."""
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

    def _draw(self, console: Console) -> RenderableType:
        """Return all views and bars. Called by a thread that holds a lock of rich's."""
        bars = self._bars.tasks
        # One line stays free, for the cursor at the end.
        lines = console.height - 1 - len(bars)
        views = [view(console.width, lines) for view in self._views]
        return Group(*views, *([self._bars.get_renderable()] if bars else []))


@dataclass(frozen=True)
class _BarTask:
    bars: Bars
    number: TaskID

    def advance(self) -> None:
        self.bars.advance(self.number)

    def show(self, what: str, done: int, total: int | None) -> None:
        self.bars.update(self.number, description=printable(what), completed=done, total=total)


def _make_live(draw: Callable[[Console], RenderableType]) -> Live:
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


class _Count(MofNCompleteColumn):
    """How many items are done, and of how many if that is known."""

    def render(self, task: BarTask) -> Text:
        return Text() if task.total is None else super().render(task)


def _make_bars() -> Bars:
    """Return bars that the caller draws."""
    cut = Column(no_wrap=True, overflow="ellipsis", max_width=MOST_CHARACTERS)
    return Bars(
        TextColumn("{task.description}", markup=False, table_column=cut),
        BarColumn(bar_width=16),
        _Count(),
        TimeElapsedColumn(),
    )
