"""A leaderboard as a table for terminals, as CSV, as Markdown: names escaped for each."""

import csv
import io
from collections.abc import Callable

from runner.leaderboard.ranking import Leaderboard, LeaderboardEntry, leaderboard_rows
from runner.leaderboard.suite_choice import SHORT_DIGEST
from runner.scores.clusters import LEVEL
from runner.text_tables import markdown_table, text_table
from runner.untrusted import csv_cell, markdown_code, printable


def to_table(board: Leaderboard) -> str:
    """Return the leaderboard in columns, below a line that says what was compared."""
    rows = [_heads(board), *(_cells(entry, printable) for entry in board.entries)]
    lines = text_table(rows)
    return "\n".join([_title(board, printable), "", *lines, *notes(board, printable)])


def to_markdown(board: Leaderboard) -> str:
    """Return the leaderboard as a Markdown table."""
    rows = [_cells(entry, markdown_code) for entry in board.entries]
    lines = markdown_table(_heads(board), rows)
    return "\n".join([_title(board, markdown_code), "", *lines, *notes(board, markdown_code)])


def to_csv(board: Leaderboard) -> str:
    """Return one line per entry; a spreadsheet reads no cell as a formula."""
    rows = leaderboard_rows(board)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        outcomes = " ".join(f"{name}={count}" for name, count in row["outcomes"].items())
        cells = {**row, "outcomes": outcomes}
        writer.writerow(
            {
                name: csv_cell(cell) if isinstance(cell, str) else cell
                for name, cell in cells.items()
            }
        )
    return text.getvalue()


def notes(board: Leaderboard, escape: Callable[[str], str]) -> list[str]:
    """Return the warnings, each once, and what is not shown, after an empty line."""
    found = dict.fromkeys(
        entry.score.note
        for entry in board.entries
        if entry.score is not None and entry.score.note is not None
    )
    lines = [f"note: {note}" for note in found]
    lines += [] if board.others_note is None else [escape(board.others_note)]
    return ["", *lines] if lines else []


def _title(board: Leaderboard, escape: Callable[[str], str]) -> str:
    better = board.policy.primary_metric.better
    title = escape(f"{board.suite} {board.suite_version} {board.suite_digest[:SHORT_DIGEST]}")
    of = f", {board.population}" if board.population else ""
    return f"{title}, ranked by {board.policy.primary_metric.title} ({better} is better){of}"


def _heads(board: Leaderboard) -> list[str]:
    metric = board.policy.primary_metric.title
    interval = f"{LEVEL:.0%} interval"
    return [
        "rank",
        "submitter",
        "image",
        metric,
        interval,
        "P(better than next)",
        "cases",
        "image digest",
    ]


def _cells(entry: LeaderboardEntry, escape: Callable[[str], str]) -> list[str]:
    score = entry.score
    value = "-" if score is None or score.value is None else f"{score.value:.4f}"
    interval = "-"
    if score is not None and score.low is not None:
        interval = f"{score.low:.4f} to {score.high:.4f}"
    probability = entry.probability_better
    cases = ", ".join(f"{count} {name}" for name, count in sorted(entry.outcomes.items()))
    return [
        str(entry.rank) if entry.rank is not None else f"not ranked: {escape(str(entry.unranked))}",
        escape(entry.submitter),
        escape(entry.image),
        value,
        interval,
        "-" if probability is None else f"{probability:.3f}",
        cases,
        escape(entry.digest.rpartition("@")[2][:SHORT_DIGEST]),
    ]
