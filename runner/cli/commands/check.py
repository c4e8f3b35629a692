"""``runner check``."""

import click

from runner.cli.completion import complete_suite_paths, complete_suites
from runner.cli.image_completion import complete_images
from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option

EXAMPLES = """\b
Examples:
  runner check my_predictor
  runner check my_predictor --suite suites/public --forecast suites/mmlu
  runner check my_predictor --save-expected expected_predictions.json
"""


@click.command(epilog=EXAMPLES)
@click.argument("reference", metavar="IMAGE", shell_complete=complete_images)
@click.option(
    "--suite",
    default="demo",
    show_default=True,
    shell_complete=complete_suites,
    help="As in `runner evaluate`, but the public half of a built suite is enough.",
)
@click.option("--root-dir", type=LocalPath(), help="As in `runner evaluate`.")
@click.option(
    "--forecast",
    metavar="SUITE",
    shell_complete=complete_suite_paths,
    type=LocalPath(),
    help="A built suite, or its public half: say what time and memory the image will need on it.",
)
@click.option(
    "--save-expected",
    metavar="FILE",
    type=LocalPath(dir_okay=False),
    help="Save the predictions. `runner build DIR` puts DIR/expected_predictions.json into the "
    "image, and later checks compare.",
)
@click.option(
    "--verbose", is_flag=True, help="Print the sandbox's settings as a `docker run` command."
)
@json_option
@does("runner.cli.check:check")
def check() -> None:
    """Run an image on a public case, under the real sandbox and limits, and say what to fix.

    The whole log is printed. Then the command says whether the output is valid, with everything
    that is wrong in it, and whether a second run predicts the same. If asked to, it also says how
    much time and memory the image will need on another suite, and whether it predicts the same as
    on its author's machine.
    """
