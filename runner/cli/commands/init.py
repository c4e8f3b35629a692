"""``runner init``."""

import shlex
from pathlib import Path

import click

from runner.authoring.carried_folders import TEMPLATES, copy_template
from runner.cli.echo import echo
from runner.cli.options import LocalPath
from runner.errors import UsageError
from runner.sandbox.engine.image_names import image_name_for

EXAMPLES = """\b
Examples:
  runner init my_predictor
  runner init my_predictor --template shell
"""


@click.command(epilog=EXAMPLES)
@click.argument("directory", metavar="DIR", type=LocalPath(file_okay=False))
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    default="python",
    show_default=True,
    help="The language of the predictor. r and shell read the inputs with DuckDB, node with "
    "hyparquet.",
)
def init(directory: Path, template: str) -> None:
    """Make a new predictor: code, packages, Dockerfile, README, test and CI workflow.

    It works at once; then edit it. DIR must be new or empty.
    """
    if directory.is_dir() and any(directory.iterdir()):
        raise UsageError(f"{directory} is not empty. Name a new directory.")
    try:
        copy_template(template, directory)
    except OSError as error:
        raise UsageError(f"{directory} can't be written ({error.strerror}).") from error
    # A name that begins with a dash would be an option.
    shown = shlex.quote(f"./{directory}" if str(directory).startswith("-") else str(directory))
    echo(f"{directory} holds a predictor in {template} that works already. Next:", err=True)
    if (directory / "package-lock.json").is_file():
        echo(f"  npm ci --ignore-scripts --prefix {shown}", err=True)
    echo(f"  runner try {shown} --suite demo", err=True)
    echo(f"  runner build {shown} -t {image_name_for(directory.resolve().name)}", err=True)
