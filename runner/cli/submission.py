"""``runner submission``."""

from pathlib import Path

from runner.cli.echo import echo, echo_json
from runner.sandbox.engine.registries import PUBLIC_REGISTRIES, read_registries
from runner.submissions.organizer_files import read_teams
from runner.submissions.pull_request import read_pull_request
from runner.submissions.submission import check_author, check_registry


def submission(
    head: str,
    base: str,
    author: str,
    teams_file: Path,
    registries: tuple[str, ...],
    as_json: bool,
) -> int:
    """Print the submitter and the image of a pull request."""
    teams = read_teams(teams_file)
    found = read_pull_request(Path.cwd(), base, head)
    check_author(found, author, teams)
    check_registry(found, read_registries(registries) or PUBLIC_REGISTRIES)
    if as_json:
        echo_json({"submitter": found.submitter, "image": found.image}, indent=None)
    else:
        echo(f"submitter={found.submitter}\nimage={found.image}")
    return 0
