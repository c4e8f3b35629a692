"""A leaderboard as a table for terminals, as CSV, as Markdown: names escaped for each."""

import csv
import io
import textwrap
from collections.abc import Callable, Sequence

from rich.cells import cell_len

from runner.leaderboard.board import Leaderboard, LeaderboardEntry, leaderboard_rows
from runner.leaderboard.contenders import SHORT_DIGEST
from runner.scores.score import LEVEL
from runner.text_tables import GAP, cut, markdown_table, text_table
from runner.untrusted import csv_cell, markdown_code, printable

RANK, SUBMITTER, IMAGE = "rank", "submitter", "image"
AT_BUDGET = "at "
"""Begins the head of the primary metric at a budget."""

BETTER, CASES, DIGEST = "P(better than next)", "cases", "image digest"


FIRST_LEFT_OUT = (DIGEST, BETTER, CASES)
"""The columns that a narrow terminal leaves out, in this order."""

LEAST_NAME = 8
"""Columns that a name always has, however narrow the terminal is."""


def to_table(board: Leaderboard, width: int | None = None) -> str:
    """Return the leaderboard in columns, below a line that says what was compared.

    Args:
        width: of the terminal. Columns are left out and names cut so that the table fits; None for
            all columns.
    """
    heads = _heads(board)
    rows = [
        dict(zip(heads, _cells(board, entry, printable), strict=True)) for entry in board.entries
    ]
    unranked = []
    for row, entry in zip(rows, board.entries, strict=True):
        if entry.rank is None:  # the reason would make the first column wide
            row[RANK] = "-"
            unranked.append(f"{row[IMAGE]}: not ranked: {printable(str(entry.unranked))}")
    left_out = [] if width is None else _fit(rows, heads, width)
    shown = [head for head in heads if head not in left_out]
    lines = text_table([shown, *([row[head] for head in shown] for row in rows)])
    hint = [f"left out to fit the terminal: {', '.join(left_out)}; --csv has all"]
    more = [*unranked, *(hint if left_out else [])]
    after = [*(["", *more] if more else []), *notes(board, printable)]
    title, below = _wrapped([_title(board, printable)], width), _wrapped(after, width)
    return "\n".join([*title, "", *lines, *below])


def _wrapped(lines: Sequence[str], width: int | None) -> list[str]:
    if width is None:
        return list(lines)
    return [part for line in lines for part in textwrap.wrap(line, width) or [""]]


def _fit(rows: Sequence[dict[str, str]], heads: Sequence[str], width: int) -> list[str]:
    """Cut the names so that the table is no wider than this; return the columns to leave out."""
    widths = {head: max([cell_len(head), *(cell_len(row[head]) for row in rows)]) for head in heads}
    names = (SUBMITTER, IMAGE)
    wanted = sum(min(widths[name], width // 4) for name in names)
    shown = [head for head in heads if head not in names]
    left_out: list[str] = []
    budgets = [head for head in reversed(heads) if head.startswith(AT_BUDGET)]
    for head in (*FIRST_LEFT_OUT, *budgets, None):
        room = width - sum(widths[other] + len(GAP) for other in shown) - len(GAP)
        if room >= wanted or head is None:
            break
        shown.remove(head)
        left_out.append(head)
    of_submitter = min(widths[SUBMITTER], max(room // 2, room - widths[IMAGE]))
    rooms = {SUBMITTER: of_submitter, IMAGE: room - of_submitter}
    for row in rows:
        for name in names:
            row[name] = cut(row[name], max(rooms[name], LEAST_NAME))
    return left_out


def to_markdown(board: Leaderboard) -> str:
    """Return the leaderboard as a Markdown table."""
    rows = [_cells(board, entry, markdown_code) for entry in board.entries]
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
        by_budget = " ".join(f"{budget}={value}" for budget, value in row["by_budget"].items())
        facts = row["facts"]["title"] if row["facts"] else None
        cells = {**row, "outcomes": outcomes, "by_budget": by_budget, "facts": facts}
        writer.writerow(
            {
                name: csv_cell(cell) if isinstance(cell, str) else cell
                for name, cell in cells.items()
            }
        )
    return text.getvalue()


def notes(board: Leaderboard, escape: Callable[[str], str]) -> list[str]:
    """Return what is added up, the warnings, each once, and what is not shown.

    They stand after an empty line.
    """
    found = dict.fromkeys(
        entry.score.note
        for entry in board.entries
        if entry.score is not None and entry.score.note is not None
    )
    lines = [escape(board.adds), *(f"note: {note}" for note in found)]
    lines += [] if board.others_note is None else [escape(board.others_note)]
    return ["", *lines]


def _title(board: Leaderboard, escape: Callable[[str], str]) -> str:
    better = board.policy.primary_metric.better
    title = escape(f"{board.suite} {board.suite_version} {board.suite_digest[:SHORT_DIGEST]}")
    of = f", {board.population}" if board.population else ""
    return f"{title}, ranked by {board.policy.primary_metric.title} ({better} is better){of}"


def _heads(board: Leaderboard) -> list[str]:
    metric = board.policy.primary_metric.title
    interval = f"{LEVEL:.0%} interval"
    curve = [f"{AT_BUDGET}{budget}" for budget in board.budgets]
    return [RANK, SUBMITTER, IMAGE, metric, interval, *curve, BETTER, CASES, DIGEST]


def _cells(board: Leaderboard, entry: LeaderboardEntry, escape: Callable[[str], str]) -> list[str]:
    score = entry.score
    value = "-" if score is None or score.value is None else f"{score.value:.4f}"
    interval = "-"
    if score is not None and score.low is not None:
        interval = f"{score.low:.4f} to {score.high:.4f}"
    probability = entry.probability_better
    curve = {str(score.group): score.value for score in entry.curve}
    at_budgets = [curve.get(budget) for budget in board.budgets]
    cases = ", ".join(f"{count} {name}" for name, count in sorted(entry.outcomes.items()))
    return [
        str(entry.rank) if entry.rank is not None else f"not ranked: {escape(str(entry.unranked))}",
        escape(entry.submitter),
        escape(entry.image),
        value,
        interval,
        *("-" if at is None else f"{at:.4f}" for at in at_budgets),
        "-" if probability is None else f"{probability:.3f}",
        cases,
        escape(entry.digest.rpartition("@")[2][:SHORT_DIGEST]),
    ]
