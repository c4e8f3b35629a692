"""``runner build``."""

import click

from runner.cli.lazy import does

EXAMPLES = """\b
Examples:
  runner build my_predictor -t my_predictor
  runner build --base -t runner-base
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "directory", metavar="[DIR]", required=False, type=click.Path(exists=True, file_okay=False)
)
@click.option("-t", "--tag", required=True, metavar="IMAGE", help="The image's name.")
@click.option("--base", is_flag=True, help="Build the base image; DIR may be left out.")
@click.option(
    "--build-arg",
    "build_arg",
    multiple=True,
    metavar="NAME=VALUE",
    help="An ARG of the Dockerfile.",
)
@does("runner.cli.build:build")
def build() -> None:
    """Build a predictor image from a folder with a Dockerfile.

    Packages in requirements.txt are resolved here and copied in from packages/; the build itself
    has no network. A requirements.lock, complete and with hashes, is taken as it is instead. An
    image whose folder has not changed is not built again.
    """
