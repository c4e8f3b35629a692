"""``runner check``."""

from pathlib import Path

import click

from runner.cli.completion import complete_suite_paths, complete_suites
from runner.cli.lazy import does
from runner.cli.options import json_option

EXAMPLES = """\b
Examples:
  runner check my_predictor
  runner check my_predictor --suite suites/public --forecast suites/mmlu
  runner check my_predictor --save-expected my_predictor/expected_predictions.json
"""


@click.command(epilog=EXAMPLES)
@click.argument("reference", metavar="IMAGE")
@click.option(
    "--suite",
    default="demo",
    show_default=True,
    shell_complete=complete_suites,
    help="As in `runner evaluate`; of a built suite the public half is enough.",
)
@click.option("--root-dir", type=click.Path(path_type=Path), help="As in `runner evaluate`.")
@click.option(
    "--forecast",
    metavar="SUITE",
    shell_complete=complete_suite_paths,
    type=click.Path(path_type=Path),
    help="A built suite, its public half at least: tell the time and memory it will take.",
)
@click.option(
    "--save-expected",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the predictions; `runner build` puts them into the image, and later checks compare.",
)
@click.option(
    "--verbose", is_flag=True, help="Show the sandbox's settings as a command of Docker's."
)
@json_option
@does("runner.cli.check:check")
def check() -> None:
    """Run an image under the real sandbox and limits on a public case, and tell all about it.

    Its log is shown whole. Then: whether the output is valid, with everything that is wrong in
    it; whether a second run predicts the same; and, where asked for, what the image will take on
    another suite, and whether it predicts what it did on its author's machine.
    """
