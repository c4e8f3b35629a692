"""``runner leaderboard``."""

import json
from functools import partial
from pathlib import Path

import click

from runner.cli.live.display import Display
from runner.cli.live.terminal import open_display
from runner.files.stores import is_remote
from runner.leaderboard.ranking import Leaderboard, leaderboard_rows, make_leaderboard
from runner.leaderboard.submitters import Submitters
from runner.leaderboard.tables import to_csv, to_markdown, to_table
from runner.pages.site import Site, report_changes
from runner.reports.report import Report
from runner.reports.report_directory import read_reports
from runner.scores.resampling import Resampling
from runner.submissions.ledger import Ledger
from runner.submissions.organizer_files import read_submitters
from runner.submissions.split import private_report


def leaderboard(
    directory: Path,
    submitters_file: Path | None,
    as_json: bool,
    style: str | None,
    html: bool,
    output: Path | None,
    ledger_file: Path | None,
    with_actuals: bool,
    watch: bool,
) -> int:
    """Print the ranking, or write its pages; return the exit code."""
    resampling = Resampling()
    display = open_display()
    read = partial(_read, directory, submitters_file, display, ledger_file)
    if html or watch:
        output = output or (Path() if is_remote(directory) else directory) / "site"
        site = Site(read, output, with_actuals)
        if watch:
            others = [] if submitters_file is None else [submitters_file]
            site.keep(report_changes(directory, others), resampling, display, _print_page)
        _print_page(site.write(resampling, display))
        return 0
    board = make_leaderboard(*read(), resampling, display)
    _print(board, resampling, "json" if as_json else style)
    return 0


def _read(
    directory: Path, submitters_file: Path | None, display: Display, ledger_file: Path | None
) -> tuple[dict[Path, Report], Submitters | None]:
    reports = read_reports(directory, display)
    if ledger_file is not None:
        rules, _ = Ledger(ledger_file).read()
        reports = {path: private_report(report, rules) for path, report in reports.items()}
    return reports, None if submitters_file is None else read_submitters(submitters_file)


def _print_page(page: Path) -> None:
    click.echo(f"page: {page}")


def _print(board: Leaderboard, resampling: Resampling, style: str | None) -> None:
    if style == "json":
        head = {"suite": board.suite, "version": board.suite_version, "digest": board.suite_digest}
        rows = leaderboard_rows(board)
        policy = board.policy.model_dump(mode="json")
        click.echo(json.dumps({**head, "scoring": policy, "entries": rows}, indent=2))
    elif style == "csv":
        click.echo(to_csv(board), nl=False)
    elif style == "markdown":
        click.echo(to_markdown(board, resampling))
    else:
        click.echo(to_table(board, resampling))
