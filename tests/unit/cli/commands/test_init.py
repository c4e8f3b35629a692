from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.authoring.carried_folders import TEMPLATES, base_image_folder, template_folder
from runner.cli.main import cli
from runner.errors import UsageError
from tests.hardships import room_for


def init(*arguments: object) -> str:
    command = ["init", *map(str, arguments)]
    return CliRunner().invoke(cli, command, catch_exceptions=False, standalone_mode=False).output


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_copied_whole_with_what_every_one_has(tmp_path: Path, template: str) -> None:
    init(tmp_path / "mine", "--template", template)
    made = {str(path.relative_to(tmp_path / "mine")) for path in (tmp_path / "mine").rglob("*")}
    shared = {
        "Dockerfile",
        "README.md",
        "package-lock.json" if template == "node" else "requirements.txt",
        ".dockerignore",
        ".github/workflows/check.yml",
    }
    assert shared <= made
    assert not any("__pycache__" in name for name in made)


def test_the_next_commands_are_told(tmp_path: Path) -> None:
    said = init(tmp_path / "My Predictor")
    assert "runner try " in said
    assert "-t my_predictor\n" in said
    assert "npm" not in said


@pytest.mark.parametrize(
    ("folder", "tried", "image"),
    [("\u65e5\u672c", "'\u65e5\u672c'", "predictor"), ("-dash", "./-dash", "dash")],
)
def test_the_commands_that_are_told_work_for_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, tried: str, image: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = init("--", folder)
    assert f"runner try {tried} --suite demo\n" in said
    assert f"runner build {tried} -t {image}\n" in said


def test_packages_of_node_are_fetched_first(tmp_path: Path) -> None:
    said = init(tmp_path / "mine", "--template", "node")
    assert said.index("npm ci") < said.index("runner try")


def test_a_directory_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_an_empty_directory_may_be_there_already(tmp_path: Path) -> None:
    init(tmp_path)
    assert (tmp_path / "predictor.py").is_file()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be written"):
        init(tmp_path / "file" / "mine")


def test_the_folders_that_a_wheel_carries_are_those_of_the_checkout() -> None:
    root = Path(__file__).parents[4]
    assert template_folder("python") == root / "predictor_template" / "python"
    assert base_image_folder("python") == root / "images" / "base"
    assert all((base_image_folder(language) / "Dockerfile").is_file() for language in TEMPLATES)
    carried = (root / "pyproject.toml").read_text().partition("force-include]")[2]
    assert '"predictor_template" = "runner/predictor_template"' in carried
    assert '"images/base" = "runner/images/base"' in carried


@pytest.mark.parametrize("mode", [0o700, 0o1777])
def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    mine.chmod(mode)
    assert CliRunner().invoke(cli, ["init", str(mine)]).exit_code == 0
    assert mine.stat().st_mode & 0o7777 == mode


def test_a_predictor_that_does_not_fit_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    with room_for(1000):
        result = CliRunner().invoke(cli, ["init", str(mine)], standalone_mode=False)
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == f"{mine} can't be written (File too large)."
    assert list(mine.iterdir()) == []
    assert CliRunner().invoke(cli, ["init", str(mine)]).exit_code == 0
