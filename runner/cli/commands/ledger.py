"""``runner ledger``: the rules of a competition, and what has been published."""

from pathlib import Path

import click

from runner.cli.commands.ledger_evaluate import ledger_evaluate
from runner.cli.lazy import does
from runner.cli.options import json_option

EXAMPLES = """\b
Examples:
  runner ledger init my.ledger --evaluations 3 --period-hours 24
  runner ledger evaluate my.ledger IMAGE --suite mmlu --submitter team-a
  runner ledger show my.ledger
  runner leaderboard results --ledger my.ledger   # at the end
"""


FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


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
    "--period-hours", type=float, default=24, show_default=True, help="How long a period is."
)
@click.option(
    "--publish",
    type=click.Choice(["ladder", "rounded", "exact"]),
    default="ladder",
    show_default=True,
    help="ladder: a score is published only if it is better than the submitter's best by more than "
    "the step. rounded: every score is published, rounded to the step. exact: as it is.",
)
@click.option(
    "--step",
    type=float,
    help="The step of --publish, in the primary metric's unit.  [default: for the ladder, the "
    "standard error of the difference to the best]",
)
@click.option(
    "--public-share",
    type=float,
    default=0.3,
    show_default=True,
    help="The share of the eval runs that is the public split.",
)
@click.option("--seed", help="Draws the public split.  [default: one that nobody can guess]")
@does("runner.cli.ledger:init")
def init() -> None:
    """Make a new ledger; its rules are its first line."""


@ledger.command(epilog=EXAMPLES)
@FILE
@json_option
@does("runner.cli.ledger:show")
def show() -> None:
    """Show what has been published and what is running. Submitters may see all of it."""


ledger.add_command(ledger_evaluate)
