"""``runner rescore``."""

import click

from runner.cli.completion import complete_report_folders, complete_suites
from runner.cli.lazy import does
from runner.cli.options import json_option, private_option, sign_with_option
from runner.files.stores import open_store

EXAMPLES = """\b
Examples:
  runner rescore results/mmlu --suite suites/mmlu_2
  runner rescore results/mmlu --suite suites/mmlu_2 --json
  runner rescore s3://bucket/results --suite suites/mmlu_2 --private ../secret
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "directory", metavar="RESULTS", type=open_store, shell_complete=complete_report_folders
)
@click.option(
    "--suite",
    required=True,
    shell_complete=complete_suites,
    help="The new version of the suite: its directory, or its name in ./suites.",
)
@private_option
@sign_with_option
@json_option
@does("runner.cli.rescore:rescore")
def rescore() -> None:
    """Score the predictions of all reports below RESULTS on a new version of their suite.

    For a version that corrects actuals: no container runs. What the containers wrote is read from
    the reports and compared with the new actuals. The actuals that changed are printed, and how the
    scores and ranks move. Each new report takes the place of the earlier one, which is kept beside
    it. If the command is interrupted, the same command continues.

    A report is refused, and its cases are named, if a container would see other inputs in the new
    version, if a file of the report was changed, or if --sign-with names a key that has not signed
    it. The exit code is then 3.
    """
