"""``runner leaderboard``."""

import click

from runner.cli.completion import complete_report_folders
from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option
from runner.files.stores import open_store

EXAMPLES = """\b
Examples:
  runner leaderboard results/demo
  runner leaderboard results/mmlu --submitters submitters.yaml
  runner leaderboard results/mmlu --csv > leaderboard.csv
  runner leaderboard results/mmlu --suite 1
  runner leaderboard results/mmlu --html --out site --watch

submitters.yaml says which images a submitter has, whether the best of them is shown, or all, and
which images are marked as baselines:

  \b
  show: best
  submitters:
    Team A: [team_a/predictor, "sha256:0123..."]
  baselines: [train_mean]
"""


@click.command(epilog=EXAMPLES)
@click.argument("directory", metavar="DIR", type=open_store, shell_complete=complete_report_folders)
@click.option(
    "--suite",
    metavar="VERSION|DIGEST|NAME",
    help="The suite to show, if the reports are of several: its version, its name, its digest, or "
    "the beginning of its digest.  [default: the newest, whose first report was made last]",
)
@click.option(
    "--submitters",
    "submitters_file",
    type=LocalPath(dir_okay=False),
    help="A YAML file that says who submitted which images. An image that is not in it belongs to "
    "the --submitter that it was evaluated with; without one, it counts as a submitter itself.",
)
@json_option
@click.option("--csv", "style", flag_value="csv", help="Print CSV.")
@click.option("--markdown", "style", flag_value="markdown", help="Print Markdown.")
@click.option(
    "--html",
    is_flag=True,
    help="Write HTML pages for any web host: the leaderboard, and each report.",
)
@click.option(
    "-o",
    "--out",
    "output",
    type=LocalPath(file_okay=False),
    help="The folder of the pages.  [default: DIR/site; if DIR is a URL, ./site]",
)
@click.option(
    "--ledger",
    "ledger_file",
    type=LocalPath(dir_okay=False),
    help="Show what this ledger has told so far; once it is closed, rank by its private split.",
)
@click.option(
    "--with-actuals",
    is_flag=True,
    help="Show every target with its actual on the reports' pages. For an open suite only.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Keep running, and write the pages again when a report is new or changed. Ctrl-C ends it.",
)
@does("runner.cli.leaderboard:leaderboard")
def leaderboard() -> None:
    """Rank the evaluations below a directory of reports, or a URL that fsspec knows.

    They are compared on one suite: if there are reports of several versions of it, the newest
    version is shown, and a line names the others. Each pair is compared on the same runs, whose
    scenarios and models count as drawn from many like them. Evaluations without a clear difference
    share their ranks ("1-3, tied"). Evaluations with a case that was not scored are listed, but not
    ranked.
    """
