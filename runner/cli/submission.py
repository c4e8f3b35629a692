"""``runner submission``."""

import json
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  runner submission FETCH_HEAD --base main --author octocat >> "$GITHUB_OUTPUT"

teams.yaml says who may submit for whom:

  \b
  teams:
    team-a: [octocat, hubot]
"""


@click.command(epilog=EXAMPLES, short_help="Read what a pull request submits.")
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
def submission(head: str, base: str, author: str, teams_file: Path, as_json: bool) -> int:
    """Read the submission that a pull request makes, and print its submitter and image.

    Run in a checkout of the base, into which the pull request has been fetched, but not checked
    out. It may add or change one file, submissions/TEAM.yaml, which names the team and an image by
    its digest. All else is refused with exit code 4: other files, other fields, tags, the file of a
    team that the author is not of.
    """
    from runner.submissions.pull_request import read_pull_request
    from runner.submissions.submission import check_author
    from runner.submissions.teams import read_teams

    teams = read_teams(teams_file)
    found = read_pull_request(Path.cwd(), base, head)
    check_author(found, author, teams)
    if as_json:
        click.echo(json.dumps({"submitter": found.submitter, "image": found.image}))
    else:
        click.echo(f"submitter={found.submitter}\nimage={found.image}")
    return 0
