"""``runner gc``."""

import click

from runner.cli.lazy import does
from runner.cli.options import json_option

EXAMPLES = """\b
Examples:
  runner gc
  runner gc --json
"""


@click.command(epilog=EXAMPLES)
@json_option
@does("runner.cli.gc:gc")
def gc() -> None:
    """Remove what runners that were killed left, on the engine and here, and nothing else.

    What to remove is decided by the runner's own record of its evaluations, in
    $XDG_STATE_HOME/runner (~/.local/state/runner): an image can forge the label, not the record.
    Their scratch directories go too. What evaluations that still run use is not touched. The next
    `runner evaluate` does the same.

    Exit code 5: the engine would not remove something.
    """
