"""Options declared as dataclasses: a group of the help each, filled and passed on as such."""

from dataclasses import dataclass

import click
import cloup
from click.testing import CliRunner

from runner.cli.echo import echo
from runner.cli.main import cli
from runner.cli.option_groups import option, option_groups


@dataclass(frozen=True)
class Size:
    """The size.

    More than the title.
    """

    width: int = option("--width", type=int, default=2, help="In metres.")
    heights: tuple[int, ...] = option("--height", type=int, multiple=True)


@dataclass(frozen=True)
class Look:
    """The look."""

    colour: str | None = option("--colour")


@cloup.command()
@click.argument("name")
@option_groups(size=Size, look=Look)
def draw(name: str, size: Size, look: Look) -> None:
    """Draw."""
    echo(f"{name} {size} {look}")


def test_a_group_is_filled_from_its_options() -> None:
    shown = CliRunner().invoke(draw, ["house", "--height", "1", "--height", "3", "--colour", "red"])
    assert shown.output == "house Size(width=2, heights=(1, 3)) Look(colour='red')\n"


def test_the_help_shows_each_group_below_its_title() -> None:
    shown = CliRunner().invoke(draw, ["--help"]).output
    places = [shown.index(text) for text in ("The size:", "--height", "The look:", "--colour")]
    assert places == sorted(places)
    assert "More than the title" not in shown


def test_the_help_of_evaluate_groups_all_of_its_options() -> None:
    shown = CliRunner().invoke(cli, ["evaluate", "--help"]).output
    titles = [
        "What to run:",
        "Limits of each container:",
        "HELM runs that are not a built suite:",
        "Further runs, compared with the first:",
        "Where it runs:",
        "Output:",
        "CI:",
        "Other options:",
        "Examples:",
    ]
    places = [shown.index(f"\n{title}") for title in titles]
    assert places == sorted(places)
    assert shown[places[-2] : places[-1]].count("\n  -") == 1  # --help stands in no group
