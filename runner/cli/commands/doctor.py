"""``runner doctor``."""

import click

from runner.cli.lazy import does
from runner.cli.options import json_option

EXAMPLES = """\b
Examples:
  runner doctor
  runner doctor --attack
  runner doctor --attack --json > verdicts.json
  DOCKER_HOST=ssh://organizer@big-machine runner doctor
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--attack",
    is_flag=True,
    help="Also run the hostile predictors that the runner brings, on the image runner-base: about "
    "two minutes.",
)
@json_option
@does("runner.cli.doctor:doctor")
def doctor() -> None:
    """Tell what this machine's engine gives the sandbox, and what it lacks.

    Exit code 0: an evaluation can run with every promise of the sandbox, and with --attack each
    hostile predictor was held. 5: not so; the table tells what to do. A warning names a second
    line of defence that is missing.
    """
