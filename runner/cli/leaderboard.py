"""``runner leaderboard``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from runner.cli.progress import Display, open_display
from runner.cli.store_option import store
from runner.errors import RunnerError

if TYPE_CHECKING:
    from runner.leaderboard.ranking import Leaderboard
    from runner.leaderboard.submitters import Submitters
    from runner.reports.report import Report
    from runner.scores.resampling import Resampling

EXAMPLES = """\b
Examples:
  runner leaderboard results/demo
  runner leaderboard results/mmlu --submitters submitters.yaml
  runner leaderboard results/mmlu --csv > leaderboard.csv
  runner leaderboard results/mmlu --html --output site --watch

submitters.yaml says whose an image is, and shows the best entry of each, or all:

  \b
  show: best
  submitters:
    Team A: [team_a/predictor, "sha256:0123..."]
"""


@click.command(epilog=EXAMPLES, short_help="Rank the evaluations of a suite.")
@click.argument("directory", metavar="DIR", type=store)
@click.option(
    "--submitters",
    "submitters_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML: which images are whose. An image that it does not name is its --submitter's, or "
    "its own submitter's.",
)
@click.option("--json", "style", flag_value="json", help="Print JSON on standard output.")
@click.option("--csv", "style", flag_value="csv", help="Print CSV.")
@click.option("--markdown", "style", flag_value="markdown", help="Print Markdown.")
@click.option(
    "--html", is_flag=True, help="Write a page, and one for each report, for any web host."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of the pages.  [default: DIR/site; of a URL, ./site]",
)
@click.option(
    "--ledger",
    "ledger_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Rank by the private split of this competition's ledger: at its end.",
)
@click.option(
    "--with-actuals",
    is_flag=True,
    help="Let the reports' pages show every target with its actual: for an open suite only.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Write the pages again when a report comes or changes; Ctrl-C ends.",
)
def leaderboard(
    directory: Path,
    submitters_file: Path | None,
    style: str | None,
    html: bool,
    output: Path | None,
    ledger_file: Path | None,
    with_actuals: bool,
    watch: bool,
) -> int:
    """Rank the evaluations below a directory of reports, or a URL that fsspec knows.

    All must be of one suite, by its digest. Each pair is compared on the same resamples of the
    suite's runs; those that can't be told apart share their ranks ("1-3, tied"). Evaluations with
    a case that was not scored are listed, but not ranked.
    """
    from runner.files.stores import is_remote
    from runner.leaderboard.ranking import make_leaderboard
    from runner.scores.resampling import Resampling

    resampling = Resampling()
    if html or watch:
        output = output or (Path() if is_remote(directory) else directory) / "site"
        site = Site(directory, submitters_file, output, with_actuals, ledger_file)
        site.keep(resampling) if watch else site.write(resampling)
        return 0
    display = open_display()
    reports, submitters = _read(directory, submitters_file, display, ledger_file)
    board = make_leaderboard(reports, submitters, resampling, display)
    _print(board, resampling, style)
    return 0


def _read(
    directory: Path, submitters_file: Path | None, display: Display, ledger_file: Path | None
) -> "tuple[dict[Path, Report], Submitters | None]":
    from runner.leaderboard.submitters import read_submitters
    from runner.reports.report_directory import read_reports

    reports = read_reports(directory, display)
    if ledger_file is not None:
        from runner.submissions.ledger import Ledger
        from runner.submissions.split import private_report

        rules, _ = Ledger(ledger_file).read()
        reports = {path: private_report(report, rules) for path, report in reports.items()}
    return reports, None if submitters_file is None else read_submitters(submitters_file)


def _print(board: "Leaderboard", resampling: "Resampling", style: str | None) -> None:
    from runner.leaderboard.ranking import leaderboard_rows
    from runner.leaderboard.text import to_csv, to_markdown, to_table

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

    def write(self, resampling: "Resampling") -> None:
        """Write every page."""
        from runner.leaderboard.ranking import make_leaderboard
        from runner.pages.leaderboard_page import write_leaderboard

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

    def keep(self, resampling: "Resampling") -> NoReturn:
        """Write every page, and again whenever a report changes; one that is wrong is told."""
        from runner.leaderboard.watch import report_changes

        others = [] if self.submitters_file is None else [self.submitters_file]
        for _ in report_changes(self.directory, others):
            try:
                self.write(resampling)
            except RunnerError as error:
                click.echo(f"Error: {error}", err=True)
        raise AssertionError("changes never end")
