import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.errors import RunnerError, SubmissionError, UsageError
from runner.submissions.pull_request import read_pull_request
from runner.submissions.submission import MOST_BYTES
from tests.git_builder import commit, git, make_repository
from tests.unit.submissions.submission_text import DIGEST, IMAGE, text

TEAMS = "teams:\n  team-a: [Alice, bob]\n  team-b: [carol]\n"


FILES = {
    "teams.yaml": TEAMS,
    "suite/public/suite.json": '{"limits": {"wall_seconds": 60}}',
    ".github/workflows/submission.yml": "on: pull_request_target\n",
    "submissions/team-b.yaml": f"submitter: team-b\nimage: b@{DIGEST}\n",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an organizer's repository, checked out at its base; the command runs in it."""
    path = make_repository(tmp_path / "competition", FILES)
    monkeypatch.chdir(path)
    yield path
    assert git(path, "status", "--porcelain") == ""  # nothing of a pull request was written
    assert git(path, "branch", "--show-current") == "main"


def pull_request(repository: Path, files: Mapping[str, str | None]) -> str:
    """Return the commit of a pull request with these changes; the base stays checked out."""
    git(repository, "switch", "--quiet", "--create", "topic")
    head = commit(repository, files)
    git(repository, "switch", "--quiet", "main")
    return head


def run(head: str, author: str = "alice", *arguments: str) -> Result:
    command = ["submission", head, "--base", "main", "--author", author, *arguments]
    return CliRunner().invoke(cli, command, env={"RUNNER_REGISTRIES": "registry.example:5000"})


def refusal(head: str, author: str = "alice") -> str:
    ended = run(head, author)
    assert isinstance(ended.exception, SubmissionError)
    assert ended.exception.exit_code == 4
    assert ended.stdout == ""
    return str(ended.exception)


def test_a_new_submission_is_read_and_printed_for_the_next_step(repository: Path) -> None:
    head = pull_request(repository, {"submissions/team-a.yaml": text()})
    assert run(head).output == f"submitter=team-a\nimage={IMAGE}\n"
    assert json.loads(run(head, "alice", "--json").output) == {
        "submitter": "team-a",
        "image": IMAGE,
    }


def test_a_changed_submission_is_read_even_if_the_base_has_gone_on(repository: Path) -> None:
    head = pull_request(repository, {"submissions/team-b.yaml": text("team-b")})
    commit(repository, {"suite/public/suite.json": "{}"})
    assert run(head, "CAROL").output == f"submitter=team-b\nimage={IMAGE}\n"


@pytest.mark.parametrize(
    "path",
    [
        "suite/public/suite.json",
        ".github/workflows/submission.yml",
        "teams.yaml",
        "submissions/team-a.yml",
        "submissions/sub/team-a.yaml",
        "submissions/Team-A.yaml",
        ".gitattributes",
        "submissions/team-a.yaml\n",
        "\x1b[31m",
    ],
)
def test_a_pull_request_that_changes_anything_else_is_refused(repository: Path, path: str) -> None:
    head = pull_request(repository, {"submissions/team-a.yaml": text(), path: "changed"})
    said = refusal(head)
    assert "nothing else" in said
    assert "\x1b" not in said
    assert "\n" not in said


def test_the_suite_teams_and_workflow_can_not_be_removed_either(repository: Path) -> None:
    for name in FILES:
        if not name.startswith("submissions"):
            head = pull_request(repository, {"submissions/team-a.yaml": text(), name: None})
            assert "nothing else" in refusal(head)
            git(repository, "branch", "--quiet", "--delete", "--force", "topic")


def test_two_submissions_at_once_are_refused(repository: Path) -> None:
    files = {f"submissions/{team}.yaml": text(team) for team in ("team-a", "team-b")}
    assert "this one changes 2" in refusal(pull_request(repository, files))


def test_a_pull_request_without_a_change_is_refused(repository: Path) -> None:
    assert "this one changes 0" in refusal("main")


def test_the_file_of_another_team_is_refused(repository: Path) -> None:
    head = pull_request(repository, {"submissions/team-b.yaml": text("team-b")})
    assert "'alice' is not a member of this team" in refusal(head)
    assert run(head, "carol").exit_code == 0  # the control: whose it is may


def test_another_teams_name_in_ones_own_file_is_refused(repository: Path) -> None:
    head = pull_request(repository, {"submissions/team-a.yaml": text("team-b")})
    assert "submissions/team-b.yaml" in refusal(head)


def test_a_team_that_is_not_registered_is_refused(repository: Path) -> None:
    head = pull_request(repository, {"submissions/team-c.yaml": text("team-c")})
    assert "is not a team of this competition" in refusal(head)


def test_a_pull_request_can_not_put_its_author_into_a_team(repository: Path) -> None:
    """Teams are those of the base; with the file changed too, the pull request is refused."""
    changed = TEAMS.replace("carol", "alice")
    files = {"submissions/team-b.yaml": text("team-b"), "teams.yaml": changed}
    assert "nothing else" in refusal(pull_request(repository, files))


def test_a_removed_submission_is_refused(repository: Path) -> None:
    head = pull_request(repository, {"submissions/team-b.yaml": None})
    assert "git says D" in refusal(head, "carol")


def link(repository: Path) -> None:
    (repository / "submissions" / "team-a.yaml").symlink_to("/etc/passwd")


def executable(repository: Path) -> None:
    path = repository / "submissions" / "team-a.yaml"
    path.write_text(text())
    path.chmod(0o755)


def submodule(repository: Path) -> None:
    commit_id = git(repository, "rev-parse", "HEAD")
    entry = f"160000,{commit_id},submissions/team-a.yaml"
    git(repository, "update-index", "--add", "--cacheinfo", entry)


@pytest.mark.parametrize(
    ("make", "mode"), [(link, "120000"), (executable, "100755"), (submodule, "160000")]
)
def test_what_is_no_plain_file_is_refused(
    repository: Path, make: Callable[[Path], None], mode: str
) -> None:
    git(repository, "switch", "--quiet", "--create", "topic")
    make(repository)
    if make is not submodule:
        git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "a trick")
    git(repository, "switch", "--quiet", "main")
    assert f"with mode {mode}" in refusal("topic")


def test_a_history_of_which_the_change_is_ambiguous_is_refused(repository: Path) -> None:
    """Two branches merged into each other have two merge bases."""
    git(repository, "switch", "--quiet", "--create", "topic")
    theirs = commit(repository, {"submissions/team-a.yaml": text()})
    git(repository, "switch", "--quiet", "main")
    ours = commit(repository, {"notice.txt": "ours"})
    git(repository, "merge", "--quiet", "--no-edit", theirs)
    git(repository, "switch", "--quiet", "topic")
    git(repository, "merge", "--quiet", "--no-edit", ours)
    git(repository, "switch", "--quiet", "main")
    assert "rebase" in refusal("topic")


def test_a_large_file_is_refused_before_it_is_read(repository: Path) -> None:
    huge = text() + "# " + "x" * MOST_BYTES
    assert f"more than {MOST_BYTES} bytes" in refusal(
        pull_request(repository, {"submissions/team-a.yaml": huge})
    )


def test_a_list_of_changes_without_end_is_not_read_to_its_end(repository: Path) -> None:
    folder = "x" * 200
    head = pull_request(repository, {f"{folder}/{folder}/{number}": "" for number in range(2200)})
    assert "changes too much" in refusal(head)


@pytest.mark.parametrize("head", ["no-such-commit", "--output=x", "main; rm -rf x"])
def test_a_commit_that_is_not_there_is_a_usage_error(repository: Path, head: str) -> None:
    with pytest.raises(UsageError, match="git fetch"):
        read_pull_request(repository, "main", head)


def test_outside_of_a_repository_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", os.fspath(tmp_path.parent))
    (tmp_path / "teams.yaml").write_text(TEAMS)
    error = run("HEAD").exception
    assert isinstance(error, RunnerError)
    assert "not a git repository" in str(error)
