"""``runner log``."""

import click

from runner.cli.completion import complete_reports, complete_suite_paths
from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option

EXAMPLES = """\b
Examples:
  runner log results/mmlu/my_predictor --suite suites/mmlu
  runner log results/mmlu/my_predictor --suite suites/mmlu --events-only
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "directory",
    metavar="DIR",
    type=LocalPath(exists=True, file_okay=False),
    shell_complete=complete_reports,
)
@click.option(
    "--suite",
    "suite_directory",
    required=True,
    type=LocalPath(),
    shell_complete=complete_suite_paths,
    help="The suite of the evaluation; its public half is enough.",
)
@click.option(
    "--events-only",
    is_flag=True,
    help="Show only how each case ended, and which of Python's exceptions ended it: no digit that "
    "the predictor could choose.",
)
@json_option
@does("runner.cli.log:log")
def log() -> None:
    """Show the part of an evaluation's logs that a participant of a closed suite may see.

    This is the progress that the predictor reported, the exception that ended it, with the line in
    the predictor's own file, and all lines that quote no cell of the inputs. Other lines are only
    counted. The whole log stays with the organizer, beside the report in DIR.
    """
