"""``runner leaderboard``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click

from runner.cli.progress import Display, open_display
from runner.errors import RunnerError
from runner.files.stores import is_remote
from runner.leaderboard.ranking import Leaderboard, leaderboard_rows, make_leaderboard
from runner.leaderboard.submitters import Submitters
from runner.leaderboard.text import to_csv, to_markdown, to_table
from runner.leaderboard.watch import report_changes
from runner.pages.leaderboard_page import write_leaderboard
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
    if html or watch:
        output = output or (Path() if is_remote(directory) else directory) / "site"
        site = Site(directory, submitters_file, output, with_actuals, ledger_file)
        site.keep(resampling) if watch else site.write(resampling)
        return 0
    display = open_display()
    reports, submitters = _read(directory, submitters_file, display, ledger_file)
    board = make_leaderboard(reports, submitters, resampling, display)
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


@dataclass(frozen=True)
class Site:
    """The pages of a leaderboard: what they are made of, and where they go."""

    directory: Path
    submitters_file: Path | None
    output: Path
    with_actuals: bool
    ledger_file: Path | None

    def write(self, resampling: Resampling) -> None:
        """Write every page."""
        display = open_display()
        reports, submitters = _read(self.directory, self.submitters_file, display, self.ledger_file)
        board = make_leaderboard(reports, submitters, resampling, display)
        with display.task("writing pages", len(reports) + 1) as task:
            page = write_leaderboard(
                board,
                reports,
                self.output,
                resampling,
                with_actuals=self.with_actuals,
                written=task.advance,
            )
        click.echo(f"page: {page}")

    def keep(self, resampling: Resampling) -> NoReturn:
        """Write every page, and again whenever a report changes; one that is wrong is told."""
        others = [] if self.submitters_file is None else [self.submitters_file]
        for _ in report_changes(self.directory, others):
            try:
                self.write(resampling)
            except RunnerError as error:
                click.echo(f"Error: {error}", err=True)
        raise AssertionError("changes never end")
