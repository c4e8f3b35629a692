"""``runner card``: evaluation cards."""

from pathlib import Path

import click

from runner.cli.image_completion import complete_images
from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option
from runner.contract.limits import MIB, Limits

CHECK_EXAMPLES = """\b
Examples:
  runner card check card.yaml
  runner card check card.yaml --json
"""

RUN_EXAMPLES = """\b
Examples:
  runner card run card.yaml -o evaluation_runs
  runner card run card.yaml --data data/runs
  runner card run card.yaml --data data/runs=/mnt/helm/runs --jobs 4
"""

SHOW_EXAMPLES = """\b
Examples:
  runner card show evaluation_runs
  runner card show evaluation_runs/6f48036c_2026-01-31__12-00-00-000000 --json
  runner card show evaluation_runs --html
"""

DEFAULTS = Limits()

card_argument = click.argument("path", metavar="CARD", type=LocalPath(dir_okay=False))


@click.group()
def card() -> None:
    """Check claims of evaluation cards, as MAGNET 0.1.0 has them, on their evidence."""


@card.command(epilog=CHECK_EXAMPLES, short_help="Say what is wrong in a card.")
@card_argument
@json_option
@does("runner.cli.card:check")
def check() -> None:
    """Read a card, and say all that is wrong in it or not supported, by line.

    Nothing of the card runs. If something is wrong, the exit code is 3. What is right is summed up:
    the symbols, the nodes, and how many cells `runner card run` will judge.
    """


@card.command(epilog=RUN_EXAMPLES, short_help="Judge a card's claim.")
@card_argument
@click.option(
    "-o",
    "--out",
    type=LocalPath(file_okay=False),
    default=Path("evaluation_runs"),
    show_default=True,
    help="Where results go: each run gets a directory of its own, and finished cells are kept.",
)
@click.option(
    "--data",
    multiple=True,
    metavar="NAME[=DIR]",
    help="A folder that the card's Python may read, under the name that the card has for it. May "
    "be repeated.  [default: none]",
)
@click.option(
    "--image",
    default="runner-card",
    show_default=True,
    shell_complete=complete_images,
    help="What the Python runs in; any image with python3. `make card-image` makes the default.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="How many cells run at the same time.  [default: as many as the engine has room for]",
)
@click.option(
    "--wall-seconds",
    type=float,
    default=DEFAULTS.wall_seconds,
    show_default=True,
    help="How many seconds a cell may run.",
)
@click.option(
    "--memory-mib",
    type=int,
    default=DEFAULTS.memory_bytes // MIB,
    show_default=True,
    help="Memory of a cell, in MiB.",
)
@click.option("--rerun", is_flag=True, help="Run finished cells again.")
@json_option
@does("runner.cli.card:run")
def run() -> None:
    """Judge a card's claim, cell by cell: VERIFIED, FALSIFIED or INCONCLUSIVE.

    The rules are MAGNET's. But the card's Python runs in the sandbox, each cell in a container of
    its own: it has no network, can't write to this machine, and reads nothing of it but --data. A
    cell that breaks a limit is INCONCLUSIVE. The results have MAGNET's files, for its viewer. The
    same command continues where it was interrupted. The exit code is 0 if the claim is verified,
    else 6, and 3 if a symbol can't be resolved, which aborts the card.
    """


@card.command(epilog=SHOW_EXAMPLES, short_help="Show what a run of a card found.")
@click.argument("directory", metavar="DIR", type=LocalPath(file_okay=False))
@click.option(
    "--html",
    is_flag=True,
    help="Write an HTML page: claim, verdict, cells as a grid, symbols. It needs no network.",
)
@click.option(
    "-o",
    "--out",
    "output",
    type=LocalPath(dir_okay=False),
    help="Where the page goes.  [default: card.html in the directory of the run]",
)
@json_option
@does("runner.cli.card:show")
def show() -> None:
    """Show the verdict of a card and of each cell, from what `runner card run` or MAGNET wrote.

    DIR is the directory of one run, or the --out of several; of those the newest is shown.
    """
