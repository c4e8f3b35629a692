"""The page of a leaderboard, and the pages of the reports that it links to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from runner.errors import RunnerError
from runner.files.bug_log import attempt
from runner.leaderboard.paired import Side, pair_evaluations
from runner.leaderboard.ranking import Leaderboard, LeaderboardEntry, PastEvaluation
from runner.leaderboard.suite_choice import ChosenReports
from runner.pages.bars import Bar, Scale
from runner.pages.compare_page import compare_page
from runner.pages.page import asset, render_page, write_page
from runner.pages.report_page import Links, report_page
from runner.progress import Progress
from runner.scores.clusters import LEVEL

COMPARED = "compare.html"
INDEX = "index.html"
REPORTS = "reports"

MOST_IN_MATRIX = 25
"""For how many entries the page shows probabilities pair by pair."""


MOST_COMPARED = 20
"""How many of the best entries the page of comparisons has: each pair has its differences there."""


def leaderboard_page(
    board: Leaderboard, links: Mapping[Path, str], version: str, compared: int = 0
) -> str:
    """Return the page's HTML.

    Args:
        links: the page of each report, relative to this one, by the report's directory; other
            reports have no link.
        version: the runner's.
        compared: how many of the best entries the page ``COMPARED`` beside this one has.
    """
    scale = Scale.of(entry.score for entry in board.entries if entry.score is not None)
    return render_page(
        "leaderboard.html.j2",
        {
            "board": board,
            "runner_version": version,
            "metric": board.policy.primary_metric,
            "level": round(100 * LEVEL),
            "scale": scale,
            "rows": [_row(entry, scale, links) for entry in board.entries],
            "starts": _band_starts(board.entries),
            "matrix": _matrix(board),
            "compared": compared,
            "comparison": COMPARED,
            "histories": _histories(board.attempts),
        },
        [asset("sorting.js")],
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
    version = next(iter(chosen.reports.values())).runner_version
    sides: dict[Path, Side | None] = dict.fromkeys(_best(board))

    def page_of(path: Path) -> str:
        report = chosen.read(path)
        if path in sides:
            sides[path] = Side.of(path, report)
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
        found = [side for side in sides.values() if side is not None]
        # A report that met a bug leaves no gap in the numbers by which the board links to pairs.
        compared = len(found) if len(found) == len(sides) else 0
        if compared:
            paired = pair_evaluations(found)
            html = compare_page(paired, INDEX, with_actuals=with_actuals)
            write_page(directory / COMPARED, html)
        task.advance()
        page = directory / INDEX
        write_page(page, leaderboard_page(board, links, version, compared))
        task.advance()
    return WrittenPages(page, tuple(faults))


def _best(board: Leaderboard) -> list[Path]:
    """Return the reports of the best entries, if there are two to compare."""
    ranked = [entry.report for entry in board.entries if entry.rank is not None]
    return ranked[:MOST_COMPARED] if len(ranked) > 1 else []


def _row(entry: LeaderboardEntry, scale: Scale, links: Mapping[Path, str]) -> dict[str, Any]:
    return {
        "entry": entry,
        "link": links.get(entry.report),
        "bar": None if entry.score is None else Bar.of(entry.score, scale),
        "cases": ", ".join(f"{count} {name}" for name, count in sorted(entry.outcomes.items())),
    }


def _band_starts(entries: Sequence[LeaderboardEntry]) -> list[bool]:
    """Return for each entry whether it differs significantly from the one above."""
    starts = [False] * len(entries)
    for number in range(1, len(entries)):
        above, here = entries[number - 1].rank, entries[number].rank
        starts[number] = here is None or above is None or above.worst < here.best
    return starts


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


def _histories(attempts: Mapping[str, Sequence[PastEvaluation]]) -> list[dict[str, Any]]:
    """Return the scores over time of each submitter with several scored evaluations."""
    histories = []
    for submitter, all_attempts in attempts.items():
        values = [attempt.value for attempt in all_attempts if attempt.value is not None]
        if len(all_attempts) > 1:
            low, high = (min(values), max(values)) if values else (0.0, 0.0)
            width = (high - low) or 1.0
            step = 100 / max(len(values) - 1, 1)
            points = " ".join(
                f"{number * step:.1f},{22 - 20 * (value - low) / width:.1f}"
                for number, value in enumerate(values)
            )
            histories.append({"submitter": submitter, "attempts": all_attempts, "points": points})
    return histories
