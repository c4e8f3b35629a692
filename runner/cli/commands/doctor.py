"""``runner doctor``."""

import click

from runner.cli.lazy import does
from runner.cli.options import json_option

EXAMPLES = """\b
Examples:
  runner doctor
  runner doctor --attack
  runner doctor --attack --runtime runsc
  runner doctor --attack --json > verdicts.json
  DOCKER_HOST=ssh://organizer@big-machine runner doctor
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--attack",
    is_flag=True,
    help="Also run the hostile predictors that come with the runner, on the image runner-base. "
    "This takes about two minutes.",
)
@click.option(
    "--runtime",
    help="With --attack: run the hostile predictors with this OCI runtime of the engine, e.g. "
    "runsc for gVisor.  [default: the engine's own]",
)
@json_option
@does("runner.cli.doctor:doctor")
def doctor() -> None:
    """Say what this machine's engine gives the sandbox, and what it lacks.

    The exit code is 0 if the sandbox can keep every promise here, and, with --attack, if it held
    against every hostile predictor. Otherwise it is 5, and the table says what to do. A warning
    names a second line of defence that is missing.
    """
