"""``runner build``."""

import click

from runner.authoring.carried_folders import TEMPLATES
from runner.cli.lazy import does
from runner.cli.options import LocalPath
from runner.sandbox.engine.image import PLATFORMS

EXAMPLES = """\b
Examples:
  runner build my_predictor -t my_predictor
  runner build my_predictor -t my_predictor --export my_predictor.tar.gz
  runner build my_predictor -t my_predictor --platform linux/arm64
  runner build --base -t runner-base
  runner build --base --template r -t runner-r-base
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "directory", metavar="[DIR]", required=False, type=click.Path(exists=True, file_okay=False)
)
@click.option("-t", "--tag", required=True, metavar="IMAGE", help="The image's name.")
@click.option("--base", is_flag=True, help="Build a base image; DIR may be left out.")
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    help="The language of the base's predictors, as in `runner init`; Python by default.",
)
@click.option(
    "--build-arg",
    "build_arg",
    multiple=True,
    metavar="NAME=VALUE",
    help="The value of an ARG of the Dockerfile. May be repeated.",
)
@click.option(
    "--platform",
    type=click.Choice(PLATFORMS),
    help="What the image is for; by default the engine's own platform. The base must be for the "
    "same. A RUN line for another one needs an engine with emulation.",
)
@click.option(
    "--export",
    type=LocalPath(dir_okay=False),
    metavar="FILE.tar.gz",
    help="Write the image as an archive too, and its checksum beside it. `runner evaluate` and "
    "`runner check` take the archive in an image's place.",
)
@does("runner.cli.build:build")
def build() -> None:
    """Build a predictor image from a folder with a Dockerfile.

    The packages in requirements.txt are fetched on this machine and put into packages/, which the
    Dockerfile copies: the build itself has no network. A requirements.lock, if there is one, is
    used instead; it must be complete and have hashes. Debian's packages that apt.txt names are
    fetched in the same way, and installed; apt.lock keeps their digests. All else goes to the
    engine as `docker build` would send it; .dockerignore says what is left out.

    A base stands on an image of a registry. Where none answers, that is made of Debian's packages,
    with mmdebstrap; as root on Debian or Ubuntu the runner installs it.
    """
