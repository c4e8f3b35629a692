"""``runner submission``."""

import click

from runner.cli.lazy import does
from runner.cli.options import REGISTRIES_VARIABLE, LocalPath, json_option
from runner.sandbox.engine.registries import PUBLIC_REGISTRIES

EXAMPLES = """\b
Examples:
  runner submission FETCH_HEAD --base main --author octocat >> $GITHUB_OUTPUT

teams.yaml says who may submit for whom:

  \b
  teams:
    team-a: [octocat, hubot]
"""


@click.command(epilog=EXAMPLES)
@click.argument("head", metavar="COMMIT")
@click.option("--base", required=True, metavar="COMMIT", help="What the pull request merges into.")
@click.option("--author", required=True, help="The login of its author.")
@click.option(
    "--teams",
    "teams_file",
    type=LocalPath(dir_okay=False),
    default="teams.yaml",
    show_default=True,
    help="The organizer's file of teams, read from the base.",
)
@click.option(
    "--registry",
    "registries",
    multiple=True,
    envvar=REGISTRIES_VARIABLE,
    metavar="HOST[:PORT]",
    help="A registry that images may come from. May be repeated; in "
    f"{REGISTRIES_VARIABLE} with spaces between them.  "
    f"[default: {' '.join(PUBLIC_REGISTRIES)}]",
)
@json_option
@does("runner.cli.submission:submission")
def submission() -> None:
    """Read the submission that a pull request makes, and print its submitter and image.

    Run it in a checkout of the base. Fetch the pull request into it, but do not check it out. A
    pull request may add or change one file, submissions/TEAM.yaml, which names the team, and an
    image by its digest. Everything else is refused with exit code 4: other files, other fields,
    tags, registries that are not named, and the file of a team that the author does not belong to.
    """
