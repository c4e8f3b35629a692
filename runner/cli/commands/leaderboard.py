"""``runner leaderboard``."""

from pathlib import Path

import click

from runner.cli.completion import complete_report_folders
from runner.cli.lazy import does
from runner.cli.options import json_option
from runner.files.stores import open_store

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


@click.command(epilog=EXAMPLES)
@click.argument("directory", metavar="DIR", type=open_store, shell_complete=complete_report_folders)
@click.option(
    "--submitters",
    "submitters_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML: which images are whose. An image that it does not name is its --submitter's, or "
    "its own submitter's.",
)
@json_option
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
@does("runner.cli.leaderboard:leaderboard")
def leaderboard() -> None:
    """Rank the evaluations below a directory of reports, or a URL that fsspec knows.

    All must be of one suite, by its digest. Each pair is compared on the same resamples of the
    suite's runs; those that can't be told apart share their ranks ("1-3, tied"). Evaluations with
    a case that was not scored are listed, but not ranked.
    """
