"""A running batch as its page shows it: its own counts, and the reports that are there."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from runner.evaluation.running_batch import BatchRow, RunningBatch
from runner.files.below import open_below
from runner.files.locks import is_held
from runner.leaderboard.contenders import Contender
from runner.reports.report import REPORT_FILE
from runner.reports.score_text import score_text
from runner.sandbox.outcome import Outcome

RUNS, KILLED, OVER = "runs", "killed", "over"

Score = Callable[[Path], Contender | None]
"""Returns what is known of the report in a directory; None if there is none yet."""


@dataclass(frozen=True)
class ShownRow:
    """A line of the page; the report's address is for who knows the server's."""

    image: str
    suite: str
    cases: int
    over: int
    failed: int
    running: int
    seconds_left: float | None
    score: str | None
    report: str | None


@dataclass(frozen=True)
class ShownBatch:
    """What the page shows of a batch.

    Attributes:
        state: ``RUNS``, ``KILLED`` or ``OVER``.
    """

    state: str
    began: str
    seconds_left: float | None
    rows: tuple[ShownRow, ...]

    def __str__(self) -> str:
        """Return it in a line."""
        over, cases = sum(row.over for row in self.rows), sum(row.cases for row in self.rows)
        began = self.began[:16].replace("T", " ")
        return f"{_WORDS[self.state]}, {over} of {cases} cases done, begun {began} UTC"


_WORDS = {
    RUNS: "runs",
    KILLED: "was killed: the same command runs what is missing",
    OVER: "is over",
}


def read_batch(root: Path, path: Path) -> tuple[RunningBatch | None, str]:
    """Return what a batch's file says, None if that is nothing yet, and how the batch is.

    Raises:
        OSError: it is not there any more, or a link.
    """
    with open_below(root, path.relative_to(root).parts) as file:
        state = RUNS if is_held(file) else KILLED
        content = file.read()
    try:
        return RunningBatch.model_validate_json(content), state
    except ValidationError:  # not written yet, or of another version
        return None, state


def show_batch(
    batch: RunningBatch, state: str, folder: Path, score: Score, address: Callable[[Path], str]
) -> ShownBatch:
    """Return what the batch's page shows.

    Args:
        folder: that of its reports.
        address: of a report's page.
    """
    rows = []
    for row in batch.rows:
        place = folder / row.report
        found = score(place) if _is_new(folder, row.report, batch) else None
        rows.append(_show_row(row, state, found, address(place)))
    left = batch.seconds_left if state == RUNS else None
    return ShownBatch(state, batch.began.isoformat(timespec="seconds"), left, tuple(rows))


def _show_row(row: BatchRow, state: str, found: Contender | None, address: str) -> ShownRow:
    """Return a line. The batch's last words are up to a second old, so its report knows better."""
    is_under_way = state == RUNS and found is None
    return ShownRow(
        image=row.image,
        suite=row.suite,
        cases=row.cases,
        over=row.over if found is None else row.cases,
        failed=row.failed if found is None else max(row.failed, _unscored(found)),
        running=row.running if is_under_way else 0,
        seconds_left=row.seconds_left if is_under_way else None,
        score=None if found is None else _score(found),
        report=None if found is None else address,
    )


def _unscored(found: Contender) -> int:
    return sum(count for outcome, count in found.outcomes.items() if outcome != Outcome.SCORED)


def _is_new(folder: Path, name: str, batch: RunningBatch) -> bool:
    """Return whether the batch made the report, and it is not one of an earlier batch."""
    try:
        with open_below(folder, [name, REPORT_FILE]) as file:
            written = os.fstat(file.fileno()).st_mtime
    except OSError:
        return False
    return written >= batch.began.timestamp()


def _score(found: Contender) -> str:
    if found.score is None or found.unranked is not None:
        return found.unranked or "not scored"
    return f"{found.scoring.primary_metric.title} {score_text(found.score)}"
