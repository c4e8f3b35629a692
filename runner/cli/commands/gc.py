"""``runner gc``."""

import click

from runner.cli.lazy import does
from runner.cli.options import json_option

EXAMPLES = """\b
Examples:
  runner gc
  runner gc --images
  runner gc --json
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--images",
    is_flag=True,
    help="Remove images too that evaluations pulled from a registry (--pull) and nobody uses.",
)
@json_option
@does("runner.cli.gc:gc")
def gc() -> None:
    """Remove what killed runners left on the engine and on this machine, and nothing else.

    The runner's own record of its evaluations, in $XDG_STATE_HOME/runner (~/.local/state/runner),
    decides what is removed: an image can forge a label, but not the record. Scratch directories of
    killed runners are removed too. What running evaluations use is not touched. The next `runner
    evaluate` does the same.

    Images of packages (runner-packages) that `runner build` made are removed if no image with a
    name stands on them any more. Only this command does that.

    With --images, the images go too that evaluations pulled, by the same record: none that was on
    the engine before its pull, that has another name, or that a container uses. The next `runner
    evaluate --pull missing` pulls them again.

    The exit code is 5 if the engine could not remove something.
    """
