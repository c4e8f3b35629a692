import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import SuiteError, UsageError
from runner.submissions.organizer_files import read_listed, read_submitters, read_teams

GOOD = """
- submitter: Team A
  image: team_a/predictor:1
- {submitter: Team B, image: "registry.example/b@sha256:00"}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "submissions.yaml"
    path.write_text(text)
    return path


def test_each_image_has_its_submitter_in_the_order_of_the_list(tmp_path: Path) -> None:
    assert list(read_listed(write(tmp_path, GOOD)).items()) == [
        ("team_a/predictor:1", "Team A"),
        ("registry.example/b@sha256:00", "Team B"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; it should be a list"),
        ("[]", "List should have at least 1 item"),
        ("- submitter: a", "line 1: item 1, image: this field is required"),
        (
            "- {submitter: a, image: b}\n- {submitter: '', image: c}",
            "line 2: item 2, submitter: String",
        ),
        (
            "- {submitter: 3, image: b}",
            "item 1, submitter: should be text, not 3: put it in quotes",
        ),
        ("- {submitter: a, image: b, limits: {}}", "item 1, limits: no such field"),
        (
            "- {submitter: a, image: b}\n- {submitter: c, image: b}",
            "line 2: item 2, image: 'b' is listed twice",
        ),
        ("- {submitter: a, image: '{b}'}\n- {submitter: c, image: '{b}'}", "'{b}' is listed twice"),
        # A dash is missing: the first submission would be lost.
        (
            "- submitter: a\n  image: b\n  submitter: c\n  image: d\n",
            "line 3: the key 'submitter' stands twice, first in line 1",
        ),
        ("- {submitter: a, image: b}\n- {submitter: A, image: c}", "is the same submitter as 'a'"),
        ("- {submitter: te\u0430m, image: b}", "mixes scripts"),
        ("- {", "not YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_item(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as error:
        read_listed(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


def test_a_team_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "teams:\n  a: [alice]\n  b: [bob]\n  a: [mallory]\n")
    with pytest.raises(UsageError, match="line 4: the key 'a' stands twice, first in line 2"):
        read_teams(path)
    other = write(tmp_path, "teams:\n  a: [alice]\n  b: [bob]\n  c: [mallory]\n")
    assert read_teams(other)["a"] == ("alice",)


def test_a_submitter_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "submitters:\n  a: [x]\n  a: [y]\n")
    with pytest.raises(SuiteError, match="line 3: the key 'a' stands twice"):
        read_submitters(path)


@pytest.mark.parametrize("content", ["teams: {team-a: []}", "teams: []", "other: {}", "- x", ": :"])
def test_a_wrong_file_of_teams_is_the_organizers_error(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(UsageError, match=os.fspath(path)):
        read_teams(path)


def test_a_wrong_field_of_the_submitters_file_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "submitters: {Team: []}\nshow: worst\n")
    with pytest.raises(SuiteError, match=r"(?s)line 1: submitters\.Team: .*line 2: show: "):
        read_submitters(path)
    assert read_submitters(write(tmp_path, "submitters: {Team: [a]}\n")).show == "best"


def test_an_image_of_two_submitters_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "submitters:\n  a: [x]\n  b:\n  - y\n  - x\n")
    with pytest.raises(
        SuiteError, match=r"line 5: submitters\.b, item 2: 'x' already belongs to 'a'"
    ):
        read_submitters(path)
    shared = read_submitters(write(tmp_path, "submitters:\n  a: [x, x]\n  b: [y]\n"))
    assert shared.submitters["a"] == ("x", "x")


@pytest.mark.parametrize(
    "arguments", [[], ["image", "--submissions", "f"], ["--submitter", "a", "--submissions", "f"]]
)
def test_images_are_named_in_one_way(arguments: list[str]) -> None:
    run = CliRunner().invoke(cli, ["evaluate", "--suite", "demo", *arguments])
    assert isinstance(run.exception, UsageError)
    assert "--submissions" in str(run.exception)


@pytest.mark.parametrize(
    ("teams", "said"),
    [
        ("team-a: [x]\n  Team_A: [y]", "'Team_A' is the same submitter as 'team-a'"),
        ("te\u0430m: [x]", "mixes scripts"),
    ],
)
def test_teams_that_could_be_taken_for_each_other_are_refused(
    tmp_path: Path, teams: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        read_teams(write(tmp_path, f"teams:\n  {teams}\n"))
    assert read_teams(write(tmp_path, "teams:\n  team-a: [x]\n  team-b: [y]\n"))  # the control


def test_submitters_that_could_be_taken_for_each_other_are_refused(tmp_path: Path) -> None:
    text = "submitters:\n  Team A: [one]\n  team-a: [two]\n"
    with pytest.raises(SuiteError, match="'team-a' is the same submitter as 'Team A'"):
        read_submitters(write(tmp_path, text))
