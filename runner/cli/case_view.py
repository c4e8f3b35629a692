"""The progress of cases as one live view: a line per image, and one over all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from runner.cli.case_counts import Row
from runner.cli.case_lines import CaseLines
from runner.cli.progress import BarDisplay, Display
from runner.errors import EngineError
from runner.evaluation.passes import Pass
from runner.evaluation.repetitions import JudgedCase
from runner.evaluation.task import CaseTask
from runner.sandbox.outcome import Outcome
from runner.sandbox.resources import forecast
from runner.untrusted import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_COLUMNS = 80
"""So wide is the view at most: when a wider window is made narrower, its lines stay whole, and can
be drawn over."""

LEAST_NAME = 8
"""Characters of a name that stand in the view, however narrow the terminal."""

GAP = 2


class CaseView(CaseLines):
    """Counts in the view where ``CaseLines`` prints, but what the user should keep in sight."""

    def begin(self, task: CaseTask) -> None:
        """Show that a case runs."""
        with self._lock:
            self._counts.begin(task)

    def end(self, pass_: Pass, case: str, ended: JudgedCase | EngineError) -> None:
        """Show that a case is over, and print how if it was not scored or came near a limit."""
        if _is_notable(pass_, ended):
            super().end(pass_, case, ended)
        else:
            self._count(pass_.task(case), ended)

    def draw(self, columns: int, lines: int) -> "RenderableType":
        """Return the view in a terminal that has so much room for it."""
        from rich.console import Group
        from rich.text import Text

        with self._lock:
            rows = self._counts.rows(lines)
        shown = view_lines(rows, min(columns, MOST_COLUMNS))
        return Text("\n".join(shown), no_wrap=True, overflow="ellipsis") if shown else Group()


def _is_notable(pass_: Pass, ended: JudgedCase | EngineError) -> bool:
    if isinstance(ended, EngineError) or ended.verdict.outcome is not Outcome.SCORED:
        return True
    return any(forecast(ended.run.resources, pass_.settings.policy.limits))


@contextmanager
def open_case_progress(display: Display) -> Iterator[CaseLines]:
    """Give the live view where the terminal can show it, else plain lines."""
    if not isinstance(display, BarDisplay):
        yield CaseLines(display)
        return
    view = CaseView(display)
    with display.show(view.draw):
        yield view


def cells(row: Row) -> tuple[str, ...]:
    """Return what a row says, in columns: the name, the counts, and the time left."""
    left = row.seconds_left
    return (
        printable(row.name),
        f"{row.over} of {row.cases} done",
        f"{row.running} running" if row.running else "",
        f"{row.failed} failed" if row.failed else "",
        "" if left is None else f"{timedelta(seconds=ceil(left))} left",
    )


def cut(name: str, columns: int) -> str:
    """Return the name in so many columns. Its end stays: names of one registry begin alike."""
    if len(name) <= columns:
        return name
    begin = (columns - 1) // 3
    return f"{name[:begin]}…{name[len(name) - (columns - 1 - begin) :]}"


def view_lines(rows: Sequence[Row], columns: int) -> list[str]:
    """Return a line for each row, of so many columns at most unless they are very few."""
    if not rows:
        return []
    table = [cells(row) for row in rows]
    name_width, *widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    room = max(columns - sum(GAP + width for width in widths if width), LEAST_NAME)
    widths = [min(name_width, room), *widths]
    lines = []
    for name, *counts in table:
        shown = zip((cut(name, room), *counts), widths, strict=True)
        lines.append((" " * GAP).join(cell.ljust(width) for cell, width in shown if width))
    return [line.rstrip() for line in lines]
