from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import UsageError
from runner.submissions.listed import read_listed

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
        ("", "Input should be a valid list"),
        ("[]", "no submission in it"),
        ("- submitter: a", "item 1, image: Field required"),
        ("- {submitter: a, image: b}\n- {submitter: '', image: c}", "item 2, submitter: String"),
        ("- {submitter: 3, image: b}", "item 1, submitter: Input should be a valid string"),
        ("- {submitter: a, image: b, limits: {}}", "item 1, limits: Extra inputs"),
        ("- {submitter: a, image: b}\n- {submitter: c, image: b}", "'b' is listed twice"),
        ("- {", "not a list of submissions"),
    ],
)
def test_what_is_wrong_is_named_with_its_item(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as error:
        read_listed(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "arguments", [[], ["image", "--submissions", "f"], ["--submitter", "a", "--submissions", "f"]]
)
def test_images_are_named_in_one_way(arguments: list[str]) -> None:
    run = CliRunner().invoke(cli, ["evaluate", "--suite", "demo", *arguments])
    assert isinstance(run.exception, UsageError)
    assert "--submissions" in str(run.exception)
