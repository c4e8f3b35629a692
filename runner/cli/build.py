"""``runner build``."""

import tempfile
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  runner build my_predictor -t my_predictor
  runner build images/base --base -t runner-base
"""


@click.command(epilog=EXAMPLES)
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False))
@click.option("-t", "--tag", required=True, metavar="IMAGE", help="The image's name.")
@click.option("--base", is_flag=True, help="DIR is the base image: add the contract's code.")
@click.option(
    "--build-arg",
    "build_arg",
    multiple=True,
    metavar="NAME=VALUE",
    help="An ARG of the Dockerfile.",
)
def build(directory: str, tag: str, base: bool, build_arg: tuple[str, ...]) -> None:
    """Build a predictor image from a folder with a Dockerfile.

    Packages in requirements.txt are resolved here and copied in from packages/; the build itself
    has no network. An image whose folder has not changed is not built again.
    """
    from runner.image_context import context_digest, from_references, write_context
    from runner.sandbox.build import build_image, engine_machine, is_built
    from runner.sandbox.engine import connect, resolve_image

    build_args = dict(argument.partition("=")[::2] for argument in build_arg)
    folder = Path(directory)
    client = connect()
    parents = [
        resolve_image(client, reference) for reference in from_references(folder, build_args)
    ]
    parent_ids = [parent.id for parent in parents]
    digest = context_digest(folder, base=base, parents=parent_ids, build_args=build_args)
    if is_built(client, tag, digest):
        click.echo(f"{tag}: nothing has changed, it stays as it is", err=True)
        return
    click.echo(f"{tag}: resolving packages", err=True)
    with tempfile.TemporaryDirectory(prefix="runner-build-") as context:
        write_context(folder, Path(context), base=base, machine=engine_machine(client))
        click.echo(f"{tag}: building", err=True)
        build_image(client, Path(context), tag, digest, build_args)
    click.echo(f"{tag}: built", err=True)
