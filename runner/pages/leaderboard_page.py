"""The page of a leaderboard, and the pages of the reports that it links to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from runner.errors import RunnerError
from runner.files.bug_log import attempt
from runner.leaderboard.board import Leaderboard
from runner.leaderboard.contenders import ChosenReports
from runner.leaderboard.paired import Side, pair_evaluations
from runner.pages.board_data import EntryDetails, SuiteFacts, board_data
from runner.pages.compare_page import compare_page
from runner.pages.page import TABLE_SCRIPTS, asset, render_page, write_page
from runner.pages.report_page import Links, report_page
from runner.progress import Progress
from runner.reports.report import Report
from runner.scores.score import LEVEL

COMPARED = "compare.html"
INDEX = "index.html"
REPORTS = "reports"

MOST_IN_MATRIX = 25
"""For how many entries the page shows probabilities pair by pair."""


MOST_COMPARED = 20
"""How many of the best entries the page of comparisons has: each pair has its differences there."""


@dataclass(frozen=True)
class Surroundings:
    """What a leaderboard's page has besides the ranks.

    Attributes:
        links: the page of each report, relative to the leaderboard's, by the report's directory.
        details: further scores of entries, by the same.
        facts: what is said of the suite, if a report of it has been read.
        compared: how many of the best entries the page ``COMPARED`` beside it has.
    """

    links: Mapping[Path, str] = field(default_factory=dict)
    details: Mapping[Path, EntryDetails] = field(default_factory=dict)
    facts: SuiteFacts | None = None
    compared: int = 0


def leaderboard_page(board: Leaderboard, around: Surroundings, version: str) -> str:
    """Return the page's HTML.

    Args:
        version: the runner's.
    """
    dates = sorted(each.created[:10] for past in board.attempts.values() for each in past)
    return render_page(
        "leaderboard.html.j2",
        {
            "board": board,
            "around": around,
            "comparison": COMPARED,
            "runner_version": version,
            "metric": board.policy.primary_metric,
            "level": round(100 * LEVEL),
            "dates": (dates[0], dates[-1]) if dates else None,
            "evaluations": len(dates),
            "unranked": [entry for entry in board.entries if entry.rank is None],
            "matrix": _matrix(board),
        },
        [asset(name) for name in (*TABLE_SCRIPTS, "board.js")],
        {
            "data": board_data(
                board, around.links, around.details, COMPARED if around.compared else None
            )
        },
    )


@dataclass(frozen=True)
class WrittenPages:
    """The leaderboard's page, and the errors of reports that have no page."""

    index: Path
    faults: tuple[RunnerError, ...]


def write_leaderboard(
    board: Leaderboard,
    chosen: ChosenReports,
    directory: Path,
    progress: Progress,
    *,
    with_actuals: bool,
) -> WrittenPages:
    """Write the leaderboard's page and one page per report, for any web host.

    A report that meets a bug is told, and gets no page.

    Args:
        with_actuals: put the actuals into the reports' pages; only an open suite allows that.

    Raises:
        UsageError: the directory can't be written.
    """
    links: dict[Path, str] = {}
    faults = []
    pages = BoardPages(board, with_actuals=with_actuals)

    def page_of(path: Path) -> str:
        report = chosen.read(path)
        pages.take(path, report)
        return report_page(report, with_actuals=with_actuals, links=Links(board=f"../{INDEX}"))

    with progress.task("writing pages", len(chosen.reports) + 2) as task:
        for number, path in enumerate(chosen.reports, start=1):
            html = attempt(partial(page_of, path))
            if isinstance(html, RunnerError):
                progress.say(f"{path}: no page: {html}")
                faults.append(html)
            else:
                links[path] = f"{REPORTS}/{number}.html"
                write_page(directory / links[path], html)
            task.advance()
        version = next(iter(chosen.reports.values())).runner_version
        for name, html in pages.make(links, version):
            write_page(directory / name, html)
            task.advance()
    return WrittenPages(directory / INDEX, tuple(faults))


class BoardPages:
    """Takes a leaderboard's reports one by one, then makes its page and that of comparisons.

    Args:
        with_actuals: show the largest error and groups of few targets.
    """

    def __init__(self, board: Leaderboard, *, with_actuals: bool) -> None:
        self._board, self._with_actuals = board, with_actuals
        self._sides: dict[Path, Side | None] = dict.fromkeys(_best(board))
        self._details: dict[Path, EntryDetails] = {}
        self._facts: SuiteFacts | None = None

    def take(self, path: Path, report: Report) -> None:
        """Keep what the pages show of a report besides its rank."""
        if path in self._sides:
            self._sides[path] = Side.of(path, report)
        self._details[path] = EntryDetails.of(report, with_actuals=self._with_actuals)
        self._facts = SuiteFacts.of(report)

    def make(self, links: Mapping[Path, str], version: str) -> Iterator[tuple[str, str]]:
        """Yield the name and the HTML of each page, the leaderboard's last.

        Args:
            links: the page of each report, relative to the leaderboard's.
            version: the runner's.
        """
        found = [side for side in self._sides.values() if side is not None]
        # A report that met a bug leaves no gap in the numbers by which the board links to pairs.
        compared = len(found) if len(found) == len(self._sides) else 0
        if compared:
            paired = pair_evaluations(found)
            yield COMPARED, compare_page(paired, INDEX, with_actuals=self._with_actuals)
        around = Surroundings(links, self._details, self._facts, compared)
        yield INDEX, leaderboard_page(self._board, around, version)


def _best(board: Leaderboard) -> list[Path]:
    """Return the reports of the best entries, if there are two to compare."""
    ranked = [entry.report for entry in board.entries if entry.rank is not None]
    return ranked[:MOST_COMPARED] if len(ranked) > 1 else []


def _matrix(board: Leaderboard) -> list[dict[str, Any]]:
    """Return, for the best entries, the probability that one is better than another, by pairs."""
    ranked = [entry for entry in board.entries if entry.rank is not None][:MOST_IN_MATRIX]
    return [
        {
            "entry": entry,
            "number": row,
            "cells": [
                None
                if column == row
                else {
                    "value": board.probabilities[row][column],
                    "shade": _shade(board, row, column),
                }
                for column in range(len(ranked))
            ],
        }
        for row, entry in enumerate(ranked)
    ]


def _shade(board: Leaderboard, row: int, column: int) -> int:
    return min(int(10 * board.probabilities[row][column]), 9)
