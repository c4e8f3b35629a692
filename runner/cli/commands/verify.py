"""``runner verify``."""

from pathlib import Path

import click

from runner.cli.completion import complete_suite_paths
from runner.cli.lazy import does
from runner.cli.options import json_option, report_argument

EXAMPLES = """\b
Examples:
  runner verify results/mmlu/train_mean
  runner verify results/mmlu/train_mean --suite suites/mmlu
"""


@click.command(epilog=EXAMPLES)
@report_argument
@click.option(
    "--suite",
    "suite_directory",
    type=click.Path(path_type=Path),
    shell_complete=complete_suite_paths,
    help="The built suite, both halves: its actuals are taken, not those in the report.",
)
@json_option
@does("runner.cli.verify:verify")
def verify() -> None:
    """Check a report, and score it again from its frozen predictions, without a container.

    REPORT is the directory of a report.json, or its URL. Every file of it is compared with
    SHA256SUMS, every prediction with what the container wrote, every target with the actuals, every
    score with what follows. What differs is named. Exit code 0: all is as it was written; 3: it is
    not.
    """
