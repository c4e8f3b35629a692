"""``runner report``."""

import click

from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option, report_argument

EXAMPLES = """\b
Examples:
  runner report results/demo/train_mean
  runner report results/demo/train_mean --by run_spec.adapter_spec.method
  runner report results/demo/train_mean --helm predicted_output
  runner report results/demo/train_mean --html
"""


@click.command(epilog=EXAMPLES)
@report_argument
@click.option(
    "--by",
    "columns",
    multiple=True,
    help="Show scores for each value of this column of records.jsonl. May be repeated.  [default: "
    "scenario, model, stat, split, perturbation]",
)
@click.option("--intervals/--no-intervals", default=True, show_default=True)
@click.option(
    "--helm",
    "helm_directory",
    type=LocalPath(),
    help="Write the predicted stats below this directory as HELM run files.",
)
@click.option(
    "--html",
    is_flag=True,
    help="Write an HTML page with every target and its actual. It needs no network.",
)
@click.option(
    "-o",
    "--out",
    "output",
    type=LocalPath(dir_okay=False),
    help="Where the page goes.  [default: REPORT.html; for a URL, in the current directory]",
)
@click.option(
    "--plots",
    "plots_directory",
    type=LocalPath(file_okay=False),
    help="Write the page's plots into this directory, as SVG and PNG, for papers.",
)
@click.option(
    "--metrics",
    "metrics",
    multiple=True,
    metavar="MODULE:FUNCTION",
    help="A metric of your own, in Python; docs/scores.md shows one. May be repeated.",
)
@json_option
@does("runner.cli.report:report")
def report() -> None:
    """Show all scores of one evaluation, over the suite and by category.

    REPORT is the directory of a report.json, or its URL. Targets without a prediction are
    left out and counted. For a score that can't be computed the reason is shown. docs/scores.md
    defines each metric.
    """
