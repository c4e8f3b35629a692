"""``runner leaderboard --ledger`` while the competition is open: what has been told."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from runner.cli.echo import echo, echo_json
from runner.errors import UsageError
from runner.leaderboard.contenders import Contender
from runner.pages.page import write_page
from runner.submissions.ledger import Ledger
from runner.submissions.told import Told, told_board
from runner.text_tables import markdown_table, text_table
from runner.untrusted import csv_cell, markdown_code, printable
from runner.view.told import board_page

INDEX = "index.html"


def print_told(ledger: Ledger, report: Contender, style: str | None, site: Path | None) -> None:
    """Print what has been told on a report's suite, or write it as a page.

    Raises:
        UsageError: nothing has been told yet.
    """
    board = told_board(ledger.read()[1], report.digest)
    if not board:
        raise UsageError(f"{ledger.path}: no score on {report.suite} has been told yet.")
    title, metric = f"{report.suite} {report.version}", report.scoring.primary_metric
    heads = ["rank", "submitter", metric.title]
    if site is not None:
        write_page(site / INDEX, board_page(report, board))
        echo(f"page: {site / INDEX}")
    elif style == "json":
        echo_json(_document(report, board))
    elif style == "csv":
        echo(_csv(heads, board), nl=False)
    elif style == "markdown":
        cells = [[str(e.rank), markdown_code(e.submitter), f"{e.value:.6g}"] for e in board]
        echo("\n".join([f"{title}: told so far", "", *markdown_table(heads, cells)]))
    else:
        cells = [[str(e.rank), printable(e.submitter), f"{e.value:.6g}"] for e in board]
        echo("\n".join([f"{title}: told so far", "", *text_table([heads, *cells])]))


def _document(report: Contender, board: Sequence[Told]) -> dict[str, object]:
    head = {"suite": report.suite, "version": report.version}
    entries = [asdict(each) for each in board]
    return {**head, "digest": report.digest, "is_open": True, "entries": entries}


def _csv(heads: Sequence[str], board: Sequence[Told]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([e.rank, csv_cell(e.submitter), f"{e.value:.6g}"] for e in board)
    return text.getvalue()
