"""``runner view``."""

import click

from runner.cli.lazy import does
from runner.cli.options import LocalPath

EXAMPLES = """\b
Examples:
  runner view results
  runner view . --port 8765
"""


@click.command(epilog=EXAMPLES)
@click.argument("directory", metavar="DIR", type=LocalPath())
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=None,
    help="The port on this machine.  [default: any that is free]",
)
@does("runner.cli.view:view")
def view() -> None:
    """Show what lies below a folder as pages in a browser of this machine.

    The list has the suites, reports, leaderboards and cards below DIR, and the batches that run
    there, which are followed as they go. Pages are those of `--html`; they are kept in memory, and
    nothing is written into DIR. The address that is printed has a secret in it: only who knows it
    is answered. While a ledger is open, only what it has told is shown. Ctrl-C ends it.
    """
