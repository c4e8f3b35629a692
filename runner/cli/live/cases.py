"""The progress of cases: a view of their counts on a terminal, and plain lines elsewhere."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from math import ceil

from rich.console import Group, RenderableType
from rich.text import Text

from runner.cli.live.display import Display
from runner.cli.live.percent import PercentLines
from runner.cli.live.results import Results
from runner.cli.live.terminal import BarDisplay
from runner.errors import EngineError, RunnerError
from runner.evaluation.case_counts import CaseCounts, Count, Row
from runner.evaluation.passes import CaseProgress, Pass, describe
from runner.evaluation.task import CaseTask
from runner.evaluation.verdict import JudgedCase
from runner.sandbox.outcome import Outcome
from runner.sandbox.resources import forecast
from runner.text_tables import cut
from runner.untrusted import printable

MOST_COLUMNS = 80
"""The largest width of the view: if a wider window is made narrower, its lines stay whole and can
be drawn over."""

LEAST_NAME = 8
"""Characters of a name that the view always shows, however narrow the terminal is."""

GAP = "  "


class CaseLines(CaseProgress):
    """Prints a line on standard error when a case begins, and when it ends."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._lock = threading.Lock()
        self._counts = CaseCounts()

    def say(self, line: str) -> None:
        """Print a whole line."""
        self._display.say(line)

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal to standard output during the block."""
        return self._display.aside()

    def expect(self, passes: Sequence[Pass]) -> None:
        """Note how many cases there will be."""
        with self._lock:
            for one in passes:
                cases = len(one.suite.manifest.cases)
                self._counts.expect(one.image.reference, one.suite.name, cases)

    def find(self, pass_: Pass, cases: int) -> None:
        """Print how many cases need not be run."""
        with self._lock:
            self._counts.find(pass_.image.reference, pass_.suite.name, cases)
        of = len(pass_.suite.manifest.cases)
        change = f", {pass_.input_change.name}" if pass_.input_change.name else ""
        self.say(
            f"{pass_.title}{change}: {cases} of {of} cases have finished before "
            "(--rerun runs them again)"
        )

    def begin(self, task: CaseTask) -> None:
        """Print that a case begins."""
        with self._lock:
            self._counts.begin(task)
        self.say(f"{task.title}: running, at most {task.policy.limits.wall_seconds:g} s")

    def end(self, pass_: Pass, case: str, ended: JudgedCase | RunnerError) -> None:
        """Print how a case ended, and how many of its image and suite are over."""
        task = pass_.task(case)
        self.say(f"{task.title}: {_describe(pass_, ended)} {self._count(task, ended)}")

    def _count(self, task: CaseTask, ended: JudgedCase | RunnerError) -> str:
        is_scored = isinstance(ended, JudgedCase) and ended.verdict.outcome is Outcome.SCORED
        with self._lock:
            return self._counts.end(task, failed=not is_scored)


def _describe(pass_: Pass, ended: JudgedCase | RunnerError) -> str:
    if isinstance(ended, RunnerError):
        return f"{'not run' if isinstance(ended, EngineError) else 'not scored'}: {ended}"
    return describe(ended.run, ended.verdict, pass_.settings.policy.limits)


class CaseView(CaseLines):
    """Counts in the view instead of printing, except for lines that the user should keep.

    Args:
        results: what stands on the line of an evaluation that is over.
    """

    def __init__(self, display: Display, results: Results) -> None:
        super().__init__(display)
        self._results = results

    def begin(self, task: CaseTask) -> None:
        """Show that a case runs."""
        with self._lock:
            self._counts.begin(task)

    def end(self, pass_: Pass, case: str, ended: JudgedCase | RunnerError) -> None:
        """Count a case that is over; print a line if it was not scored or came near a limit."""
        if _is_notable(pass_, ended):
            super().end(pass_, case, ended)
        else:
            self._count(pass_.task(case), ended)

    def draw(self, columns: int, lines: int) -> RenderableType:
        """Return the view for a terminal with this much room."""
        with self._lock:
            now = self._counts.clock()
            rows = [
                (printable(row.name), *cells(row.count, now, self._result(row)))
                for row in self._counts.rows(lines)
            ]
        text = "\n".join(view_lines(rows, min(columns, MOST_COLUMNS)))
        return Text(text, no_wrap=True, overflow="ellipsis") if rows else Group()

    def _result(self, row: Row) -> str:
        return "" if row.key is None else self._results.find(*row.key)


def _is_notable(pass_: Pass, ended: JudgedCase | RunnerError) -> bool:
    if isinstance(ended, RunnerError) or ended.verdict.outcome is not Outcome.SCORED:
        return True
    return any(forecast(ended.run.resources, pass_.settings.policy.limits))


@contextmanager
def open_case_progress(
    display: Display, results: Results, *, is_closed: bool = False
) -> Iterator[CaseProgress]:
    """Yield the live view if the terminal can show it, else plain lines.

    Args:
        results: of the evaluations that are over; the view has them.
        is_closed: whether participants see it, and so nothing of single cases.
    """
    if is_closed:
        yield PercentLines(display)
        return
    if not isinstance(display, BarDisplay):
        yield CaseLines(display)
        return
    view = CaseView(display, results)
    with display.show(view.draw):
        yield view


def cells(count: Count, now: float, result: str = "") -> tuple[str, ...]:
    """Return the cells of a view's line after the name: the counts and the time left.

    Args:
        result: stands where "running" stood, once the evaluation is over.
    """
    left = count.seconds_left(now)
    return (
        f"{count.over} of {count.cases} done",
        result or (f"{len(count.running)} running" if count.running else ""),
        f"{count.failed} failed" if count.failed else "",
        "" if left is None else f"{timedelta(seconds=ceil(left))} left",
    )


def view_lines(rows: Sequence[tuple[str, ...]], columns: int) -> list[str]:
    """Return a line for each row, at most this wide unless the width is very small."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = max(columns - sum(len(GAP) + width for width in widths[1:] if width), LEAST_NAME)
    lines = []
    for name, *counts in rows:
        shown = zip((cut(name, room), *counts), widths, strict=True)
        lines.append(GAP.join(cell.ljust(min(width, room)) for cell, width in shown if width))
    return [line.rstrip() for line in lines]
