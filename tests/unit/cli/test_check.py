"""``runner check``, as far as it gets without an engine."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import EngineLostError, UsageError
from runner.files.regular_files import NO_FILE

NO_PREDICTIONS = ('{"schema_version": 1}', '{"predictions": 5}', "[]", "not JSON", "", "[" * 99_999)


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "gone")


def error_of(path: Path) -> BaseException | None:
    command = ["check", "image", "--save-expected", str(path)]
    return CliRunner().invoke(cli, command).exception


@pytest.mark.parametrize("content", NO_PREDICTIONS)
def test_expected_predictions_replace_nothing_else(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    error = error_of(path)
    assert isinstance(error, UsageError)
    assert f"{path}: not replaced (it has no predictions)" in str(error)
    assert path.read_text() == content


def test_a_pipe_is_refused_before_anything_runs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    error = error_of(tmp_path / "pipe")
    assert isinstance(error, UsageError)
    assert NO_FILE in str(error)


def test_control_predictions_and_a_new_file_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "expected_predictions.json"
    path.write_text('{"contract_version": 1, "predictions": {}}')
    for each in (path, tmp_path / "new.json"):
        assert isinstance(error_of(each), EngineLostError)
