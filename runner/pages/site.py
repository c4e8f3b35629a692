"""The pages of a leaderboard in a folder, written again whenever a report changes."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from runner.errors import RunnerError
from runner.files.stores import is_remote, listed_states
from runner.leaderboard.contenders import ChosenReports
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.submitters import Submitters
from runner.pages.leaderboard_page import WrittenPages, write_leaderboard
from runner.progress import Progress
from runner.reports.found_reports import find_reports
from runner.reports.report import REPORT_FILE

LOOK_SECONDS = 2.0

Read = Callable[[], tuple[ChosenReports, Submitters | None]]
"""Returns the reports in the form to be ranked, and the images' submitters."""


@dataclass(frozen=True)
class Site:
    """The pages of a leaderboard: what they are made from, and where they are written."""

    read: Read
    output: Path
    with_actuals: bool

    def write(self, progress: Progress) -> WrittenPages:
        """Write every page; the faults are those of all reports that are not on all pages."""
        chosen, submitters = self.read()
        board = make_leaderboard(chosen, submitters, progress)
        pages = write_leaderboard(
            board,
            chosen,
            self.output,
            progress,
            with_actuals=self.with_actuals,
        )
        return replace(pages, faults=(*chosen.faults, *board.faults, *pages.faults))

    def keep(
        self,
        watched: Iterator[None],
        progress: Progress,
        written: Callable[[Path], None],
    ) -> NoReturn:
        """Write every page at each change; if a report is wrong, say so and wait on.

        Args:
            watched: yields at each change, and never ends.
            written: called with the leaderboard's page whenever it has been written.
        """
        for _ in watched:
            try:
                written(self.write(progress).index)
            except RunnerError as error:
                progress.say(f"Error: {error}")
        raise AssertionError("changes never end")


def report_changes(directory: Path, others: Sequence[Path] = ()) -> Iterator[None]:
    """Yield once at the start, and then whenever a report or one of the other files changes.

    It looks every ``LOOK_SECONDS``, which also works on file systems without notifications.
    """
    before = None
    while True:
        now = {**_report_states(directory), **{path: _state(path) for path in others}}
        if now != before:
            before = now
            yield
        time.sleep(LOOK_SECONDS)


def _report_states(directory: Path) -> dict[Path, object]:
    files = [path / REPORT_FILE for path in find_reports(directory)]
    if is_remote(directory):  # one request for all of them
        listed = listed_states(directory)
        return {path: listed.get(path) for path in files}
    return {path: _state(path) for path in files}


def _state(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
