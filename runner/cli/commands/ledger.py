"""``runner ledger``: the rules of a competition, and what has been published."""

import getpass

import click

from runner.cli.commands.ledger_evaluate import ledger_evaluate
from runner.cli.completion import complete_report_folders, complete_suites
from runner.cli.lazy import does
from runner.cli.options import (
    NOT_EMPTY,
    LocalPath,
    json_option,
    key_option,
    private_option,
    sign_with_option,
)
from runner.files.stores import open_store

EXAMPLES = """\b
Examples:
  runner ledger init my.ledger --evaluations 3 --period-hours 24
  runner ledger evaluate my.ledger IMAGE --suite mmlu --submitter team-a
  runner ledger show my.ledger
  runner ledger give-back my.ledger 0123456789abcdef --why 'disk full'
  runner ledger rescore my.ledger results/mmlu --suite mmlu_2 --why 'a typo'
  runner ledger close my.ledger --why 'the deadline'
  runner ledger verify my.ledger --key organizer.key.pub
  runner leaderboard results --ledger my.ledger   # told so far; then the end
"""


FILE = click.argument("file", type=LocalPath(dir_okay=False))


@click.group(epilog=EXAMPLES)
def ledger() -> None:
    """Keep a competition's quota and published scores.

    The eval runs are divided into a public and a private split. Published scores come from the
    public split; the private split decides at the end. Only the organizer may read the ledger: it
    holds the seed of that division and the exact scores.
    """


@ledger.command(epilog=EXAMPLES)
@FILE
@click.option(
    "--evaluations",
    type=int,
    default=5,
    show_default=True,
    help="How many scored evaluations a submitter may have in any period.",
)
@click.option(
    "--failures",
    type=int,
    default=3,
    show_default=True,
    help="How often one image may end without a score; it is not run again then.",
)
@click.option(
    "--period-hours", type=float, default=24, show_default=True, help="How long a period is."
)
@click.option(
    "--publish",
    type=click.Choice(["ladder", "rounded", "exact"]),
    default="ladder",
    show_default=True,
    help="ladder: a score is published only if it is better than the submitter's best by three "
    "standard errors and the step. rounded: every score is published, rounded to the step. exact: "
    "as it is.",
)
@click.option(
    "--step",
    type=float,
    help="Published scores are multiples of it, in the primary metric's unit.  [default: the "
    "standard error of the train mean's score, one digit of it]",
)
@click.option(
    "--public-share",
    type=float,
    default=0.3,
    show_default=True,
    help="The share of the eval runs that is the public split.",
)
@click.option("--seed", help="Draws the public split.  [default: one that nobody can guess]")
@sign_with_option
@does("runner.cli.ledger:init")
def init() -> None:
    """Make a new ledger; its rules are its first line.

    With --sign-with each line is signed together with all before it, and every command that adds
    one needs the same key.
    """


WHY = click.option(
    "--why", required=True, type=NOT_EMPTY, help="The reason; it is kept in the ledger."
)
BY = click.option(
    "--by",
    type=NOT_EMPTY,
    default=getpass.getuser,
    show_default="the name of your login",
    help="Who decides.",
)


@ledger.command(epilog=EXAMPLES)
@FILE
@WHY
@BY
@sign_with_option
@does("runner.cli.ledger:close")
def close() -> None:
    """End a competition, so that its private result is shown.

    No evaluation begins after that, and it can't be undone. `runner leaderboard DIR --ledger FILE`
    then ranks by the private split.
    """


@ledger.command(epilog=EXAMPLES)
@FILE
@click.argument("attempt", metavar="ID")
@WHY
@BY
@sign_with_option
@does("runner.cli.ledger:give_back")
def give_back() -> None:
    """Let an attempt count no longer.

    It is then neither an evaluation nor a failure. ID is that of `runner ledger show`. What was
    told of it stays told.
    """


@ledger.command(epilog=EXAMPLES)
@FILE
@click.argument("submitter")
@WHY
@BY
@sign_with_option
@does("runner.cli.ledger:disqualify")
def disqualify() -> None:
    """Let a submitter take part no longer.

    It is not evaluated, and stands on no board.
    """


@ledger.command(epilog=EXAMPLES)
@FILE
@click.argument(
    "directory", metavar="RESULTS", type=open_store, shell_complete=complete_report_folders
)
@click.option(
    "--suite",
    required=True,
    shell_complete=complete_suites,
    help="The corrected version of the suite: its directory, or its name in ./suites.",
)
@private_option
@WHY
@BY
@sign_with_option
@json_option
@does("runner.cli.ledger_rescore:rescore_by_ledger")
def rescore() -> None:
    """Replace the scores by those on a corrected version of the suite.

    The predictions of the reports below RESULTS are scored on the new version, no container runs.
    What is told of each is found again by the rules, in the order in which they were scored, and
    printed. Attempts count as before. From then on only the new version is evaluated.

    Either all scores are replaced, or none: not if a report is missing, if a container would see
    other inputs, if other runs would be public, or while an evaluation is running.
    """


@ledger.command(epilog=EXAMPLES)
@FILE
@json_option
@does("runner.cli.ledger:show")
def show() -> None:
    """Show what has been published and what is running.

    Also what the organizer decided. Submitters may see all of it.
    """


@ledger.command(epilog=EXAMPLES)
@FILE
@key_option(required=True)
@json_option
@does("runner.cli.ledger:verify")
def verify() -> None:
    """Check that the organizer's key has signed every line.

    It prints how many lines there are, and when the last was written: if lines at the end are
    missing, only that shows it. The exit code is 0 if all are signed, else 3.
    """


ledger.add_command(ledger_evaluate)
