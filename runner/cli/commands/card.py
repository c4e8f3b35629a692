"""``runner card``: evaluation cards."""

from pathlib import Path

import click

from runner.cli.lazy import does
from runner.cli.options import json_option

CHECK_EXAMPLES = """\b
Examples:
  runner card check card.yaml
  runner card check card.yaml --json
"""

card_argument = click.argument(
    "path", metavar="CARD", type=click.Path(path_type=Path, dir_okay=False)
)


@click.group()
def card() -> None:
    """Check claims of evaluation cards, as MAGNET 0.1.0 has them, on their evidence."""


@card.command(epilog=CHECK_EXAMPLES, short_help="Say what is wrong in a card.")
@card_argument
@json_option
@does("runner.cli.card:check")
def check() -> None:
    """Read a card, and say all that is wrong in it or not supported, by line.

    Nothing of the card runs. If something is wrong, the exit code is 3. What is right is summed up:
    the symbols, the nodes, and how many cells `runner card run` will judge.
    """
