"""``runner verify``."""

import json
from pathlib import Path

import click

from runner.cli.store_option import store
from runner.errors import ExitCode
from runner.untrusted import printable

EXAMPLES = """\b
Examples:
  runner verify results/mmlu/train_mean
  runner verify results/mmlu/train_mean --suite suites/mmlu
"""


@click.command(epilog=EXAMPLES, short_help="Check a report, and score it again.")
@click.argument("directory", metavar="REPORT", type=store)
@click.option(
    "--suite",
    "suite_directory",
    type=click.Path(path_type=Path),
    help="The built suite, both halves: its actuals are taken, not those in the report.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
def verify(directory: Path, suite_directory: Path | None, as_json: bool) -> int:
    """Check a report, and score it again from its frozen predictions, without a container.

    REPORT is the directory of a report.json, or its URL. Every file of it is compared with
    SHA256SUMS, every prediction with what the container wrote, every target with the actuals, every
    score with what follows. What differs is named. Exit code 0: all is as it was written; 3: it is
    not.
    """
    from runner.reports.verification import verify_report
    from runner.suites.opening import open_suite

    suite = None if suite_directory is None else open_suite(suite_directory)
    found = verify_report(directory, suite)
    if as_json:
        click.echo(json.dumps({"report": str(directory), "findings": found}, indent=2))
    else:
        for line in found:
            click.echo(printable(line))
        against = "itself" if suite is None else f"the suite {suite.name}"
        if not found:
            click.echo(f"{directory}: verified against {against}: files, predictions, scores")
    return ExitCode.BAD_SUITE if found else ExitCode.SCORED
