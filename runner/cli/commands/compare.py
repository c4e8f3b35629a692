"""``runner compare``."""

import click

from runner.cli.completion import complete_reports
from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option, report_directory

EXAMPLES = """\b
Examples:
  runner compare results/demo/train_mean results/demo/random
  runner compare results/ridge results/aipw results/items --html
  runner compare results/ridge results/aipw --metric rmse --json
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "directories",
    metavar="REPORT REPORT...",
    nargs=-1,
    required=True,
    type=report_directory,
    shell_complete=complete_reports,
)
@click.option("--metric", help="A metric that can rank.  [default: the suite's primary metric]")
@click.option(
    "--html",
    is_flag=True,
    help="Write an HTML page that shows any pair of them, with targets and actuals.",
)
@click.option(
    "-o",
    "--out",
    "output",
    type=LocalPath(dir_okay=False),
    help="Where the page goes.  [default: compare.html beside the first report; for a URL, in the "
    "current directory]",
)
@json_option
@does("runner.cli.compare:compare")
def compare() -> None:
    """Compare evaluations of one suite in pairs, over all and by scenario, model and stat.

    A difference is the first's score less the other's, on the same runs, whose scenarios and models
    count as drawn from many like them: the comparison by which a leaderboard ranks. Printed are the
    first with each other one, and the targets in which they differ most; --json and the page have
    every pair.
    """
