"""``runner verify``."""

import click

from runner.cli.completion import complete_suite_paths
from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option, key_option, private_option, report_argument

EXAMPLES = """\b
Examples:
  runner verify results/mmlu/train_mean
  runner verify results/mmlu/train_mean --suite suites/mmlu
  runner verify results/mmlu/train_mean --suite suites/mmlu --private ~/secret
  runner verify results/mmlu/train_mean --key organizer.key.pub
"""


@click.command(epilog=EXAMPLES)
@report_argument
@click.option(
    "--suite",
    "suite_directory",
    type=LocalPath(),
    shell_complete=complete_suite_paths,
    help="The built suite, with both halves. Take the actuals from it, not from the report.",
)
@private_option
@key_option(required=False)
@json_option
@does("runner.cli.verify:verify")
def verify() -> None:
    """Check a report, and score it again from its frozen predictions, without a container.

    REPORT is the directory of a report.json, or its URL. Every file is compared with
    SHA256SUMS, every prediction with what the container wrote, and every target with the actuals.
    Every score is computed again. All differences are printed. The exit code is 0 if there are
    none, else 3.

    Without --key, whoever changes everything in agreement is not found.
    """
