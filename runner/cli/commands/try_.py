"""``runner try``."""

import click

from runner.cli.completion import complete_suites
from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option, private_option

EXAMPLES = """\b
Examples:
  runner try my_predictor --suite demo
  runner try my_predictor --suite suites/mmlu --case case-2
  runner try my_predictor --suite suites/mmlu --all-cases
  runner try my_predictor --here
  runner try . -- python -m runner.contract my_package.my_module:MyPredictor
"""


@click.command(name="try", epilog=EXAMPLES)
@click.argument("directory", metavar="DIR", type=LocalPath(exists=True, file_okay=False))
@click.argument("command", metavar="[-- COMMAND...]", nargs=-1)
@click.option(
    "--suite",
    default="demo",
    show_default=True,
    shell_complete=complete_suites,
    help="As in `runner evaluate`.",
)
@click.option("--root-dir", type=LocalPath(), help="As in `runner evaluate`.")
@private_option
@click.option("--case", "case_id", help="The id of a case.  [default: the suite's first]")
@click.option(
    "--all-cases",
    is_flag=True,
    help="Run every case, one after the other, and print the scores: those of an evaluation.",
)
@click.option(
    "--here",
    is_flag=True,
    help="Use this Python with its packages, the folder itself and this terminal, without any "
    "limit, e.g. for breakpoint().",
)
@json_option
@does("runner.cli.try_:try_predictor")
def try_predictor() -> None:
    """Run a predictor as a plain process on a case, and check what it wrote.

    There is no container, but the process has what it will have there: the packages of
    requirements.txt and of the base image, in an environment that is kept; a read-only copy of the
    folder, without what .dockerignore names; the suite's wall time, and on Linux its memory; no
    network, where the system lets a process give it up. predictor.py, predict.sh and predict.R are
    run as in their images; for any other predictor, give the COMMAND. The environment variable
    RUNNER_INPUT_DIR says where the inputs are, and RUNNER_OUTPUT_DIR where the output goes.

    What the Dockerfile copies, and the limits of processes and /tmp, only `runner check` shows.
    """
