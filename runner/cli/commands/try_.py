"""``runner try``."""

from pathlib import Path

import click

from runner.cli.completion import complete_suites
from runner.cli.lazy import does
from runner.cli.options import private_option

EXAMPLES = """\b
Examples:
  runner try my_predictor --suite demo
  runner try my_predictor --suite suites/mmlu --case case-2
  runner try . -- python -m runner.contract my_package.my_module:MyPredictor
"""


@click.command(name="try", epilog=EXAMPLES)
@click.argument(
    "directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.argument("command", metavar="[-- COMMAND...]", nargs=-1)
@click.option(
    "--suite",
    default="demo",
    show_default=True,
    shell_complete=complete_suites,
    help="As in `runner evaluate`.",
)
@click.option("--root-dir", type=click.Path(path_type=Path), help="As in `runner evaluate`.")
@private_option
@click.option("--case", "case_id", help="The id of a case.  [default: the suite's first]")
@does("runner.cli.try_:try_predictor")
def try_predictor() -> None:
    """Run a predictor as a plain process on one case, and check what it wrote.

    There is no container. It is quick, prints appear at once, breakpoint() works, and the packages
    are those of this Python. predictor.py, predict.sh and predict.R are run as in their images; for
    any other predictor, give the COMMAND. The environment variable RUNNER_INPUT_DIR says where the
    inputs are, and RUNNER_OUTPUT_DIR where the output goes.

    This shows what the predictor computes, but not whether it works in the sandbox: use `runner
    check` for that.
    """
