"""``runner report``."""

from pathlib import Path

import click

from runner.cli.lazy import does
from runner.cli.options import json_option, report_argument

EXAMPLES = """\b
Examples:
  runner report results/demo/train_mean
  runner report results/demo/train_mean --by run_spec.adapter_spec.method --json
  runner report results/demo/train_mean --helm predicted_output
  runner report results/demo/train_mean --html
"""


@click.command(epilog=EXAMPLES)
@report_argument
@click.option(
    "--by",
    "columns",
    multiple=True,
    help="A column of records.jsonl to show scores by; may be repeated.  [default: scenario, "
    "model, stat, split, perturbation]",
)
@click.option("--intervals/--no-intervals", default=True, show_default=True)
@click.option(
    "--helm",
    "helm_directory",
    type=click.Path(path_type=Path),
    help="Write the predicted stats below this directory as HELM run files.",
)
@click.option(
    "--html",
    is_flag=True,
    help="Write a page to look at, with every target and its actual; it needs no network.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the page goes.  [default: REPORT.html; of a URL, in this directory]",
)
@click.option(
    "--plots",
    "plots_directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the page's plots there as SVG and PNG, for papers.",
)
@json_option
@does("runner.cli.report:report")
def report() -> None:
    """Show all scores of one evaluation, over the suite and by category.

    REPORT is the directory of a report.json, or its URL. What was not predicted is left out and
    counted. A score that can't be computed says why. docs/scores.md defines each metric.
    """
