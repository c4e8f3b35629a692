"""What a shell completes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a built suite, and a directory that is none."""
    folder = tmp_path_factory.mktemp("folder")
    build_unaudited(write_suite(folder / "helm"), folder / "suites" / "mmlu")
    (folder / "suites" / "mine").mkdir()
    report = folder / "results" / "mmlu" / "train_mean" / "report.json"
    report.parent.mkdir(parents=True)
    report.touch()
    return folder


def complete(folder: Path, words: str) -> list[str]:
    """Return what bash is offered for the last word."""
    shown = subprocess.run(
        [Path(sys.executable).with_name("runner")],
        env={
            **os.environ,
            "_RUNNER_COMPLETE": "bash_complete",
            "COMP_WORDS": f"runner {words}",
            "COMP_CWORD": str(len(words.split(" "))),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return shown.stdout.split()


@pytest.mark.parametrize("command", ["check image --suite ", "try . --suite "])
def test_a_suite_is_completed_by_its_name(folder: Path, command: str) -> None:
    assert complete(folder, command) == ["plain,demo", "plain,mmlu"]
    assert complete(folder, f"{command}mm") == ["plain,mmlu"]


@pytest.mark.parametrize(
    "command", ["suite show ", "suite audit ", "verify r --suite ", "log r --suite "]
)
def test_the_directory_of_a_suite_is_completed_by_its_path(folder: Path, command: str) -> None:
    assert complete(folder, command) == ["plain,suites/mmlu"]


@pytest.mark.parametrize("command", ["verify ", "report ", "log "])
def test_a_report_is_completed_by_its_directory(folder: Path, command: str) -> None:
    assert complete(folder, command) == ["plain,results/mmlu/train_mean"]


def test_a_leaderboard_is_completed_by_the_directory_of_its_reports(folder: Path) -> None:
    assert complete(folder, "leaderboard ") == ["plain,results/mmlu"]


def test_elsewhere_the_shell_completes_directories(folder: Path) -> None:
    assert complete(folder, "verify other/pla") == ["dir,other/pla"]
