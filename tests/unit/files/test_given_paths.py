"""Paths that no file can have."""

from errno import EACCES
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import BugError, RunnerError, UsageError
from runner.files.given_paths import real_path, refusing_hopeless_paths, why_no_path


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_what_no_file_can_be_called_is_told(text: str) -> None:
    assert why_no_path(text) is not None


@pytest.mark.parametrize("text", ["", "a b", "é", "a\nb", "a\udcffb", "memory://a/b"])
def test_control_any_other_text_may_be_a_path(text: str) -> None:
    """``\\udcff`` is what Python makes of a byte that is not UTF-8."""
    assert why_no_path(text) is None


def test_a_name_that_the_disk_refuses_is_told_in_part(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="too long for a path here") as refused,
        refusing_hopeless_paths(),
    ):
        (tmp_path / ("a" * 3000)).is_file()
    assert len(str(refused.value)) < 300


def test_a_current_folder_that_was_removed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match="has been removed"), refusing_hopeless_paths():
        Path("a").absolute()


def test_a_place_that_is_closed_to_this_user_is_told() -> None:
    with pytest.raises(UsageError, match="'a/b': may not be read"), refusing_hopeless_paths():
        raise PermissionError(EACCES, "Permission denied", "a/b")
    with pytest.raises(PermissionError), refusing_hopeless_paths():  # the control: no path
        raise PermissionError(EACCES, "Permission denied")


def test_control_other_failures_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), refusing_hopeless_paths():
        (tmp_path / "a").read_bytes()


def test_a_path_is_real_where_its_links_lead_and_one_that_leads_to_itself_stays(
    tmp_path: Path,
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to(tmp_path)
    assert real_path(tmp_path / "loop") == tmp_path.resolve() / "loop"
    assert real_path(tmp_path / "link") == tmp_path.resolve()


@pytest.mark.parametrize(
    "command",
    [
        ["report", "loop"],
        ["compare", "loop", "loop"],
        ["verify", "loop"],
        ["leaderboard", "loop"],
        ["rescore", "loop", "--suite", "loop"],
        ["suite", "show", "loop"],
        ["suite", "audit", "loop"],
        ["suite", "publish", "loop"],
        ["suite", "build", "loop", "-o", "loop"],
        ["card", "check", "loop"],
        ["card", "show", "loop"],
        ["try", "loop"],
        ["init", "loop"],
        ["import", "lm-eval", "loop", "-o", "loop"],
    ],
    ids=" ".join,
)
def test_a_link_that_leads_to_itself_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(cli, command, standalone_mode=False)
    assert not isinstance(ended.exception, BugError)
    is_refused = isinstance(ended.exception, (RunnerError, click.ClickException))
    assert is_refused or (ended.exception is None and ended.return_value), ended.exception
