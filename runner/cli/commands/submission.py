"""``runner submission``."""

from pathlib import Path

import click

from runner.cli.lazy import does
from runner.cli.options import json_option

EXAMPLES = """\b
Examples:
  runner submission FETCH_HEAD --base main --author octocat >> "$GITHUB_OUTPUT"

teams.yaml says who may submit for whom:

  \b
  teams:
    team-a: [octocat, hubot]
"""


@click.command(epilog=EXAMPLES)
@click.argument("head", metavar="COMMIT")
@click.option("--base", required=True, metavar="COMMIT", help="What the pull request is for.")
@click.option("--author", required=True, help="The login of who opened the pull request.")
@click.option(
    "--teams",
    "teams_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default="teams.yaml",
    show_default=True,
    help="The organizer's file of teams, of the base.",
)
@json_option
@does("runner.cli.submission:submission")
def submission() -> None:
    """Read the submission that a pull request makes, and print its submitter and image.

    Run in a checkout of the base, into which the pull request has been fetched, but not checked
    out. It may add or change one file, submissions/TEAM.yaml, which names the team and an image by
    its digest. All else is refused with exit code 4: other files, other fields, tags, the file of a
    team that the author is not of.
    """
