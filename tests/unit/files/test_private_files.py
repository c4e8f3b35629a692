"""What holds actuals, predictions, scores or logs is this user's alone, under the usual umask."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.evaluation.finished_cases import FinishedCases
from runner.files.private_files import is_open_to_all, make_private, warn_if_open
from runner.files.scratch import scratch_directory
from runner.files.stores import open_store
from runner.reports.helm_export import write_helm_runs
from runner.reports.report import read_report
from runner.reports.report_directory import write_evaluation
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited
from tests.unit.evaluation.builder import RUN, TASK

CONTAINERS_UID = 65534

READ_ALL = f"""
import os, pathlib, sys
os.setgroups([])
os.setegid({CONTAINERS_UID})
os.seteuid({CONTAINERS_UID})
for name in sys.argv[1:]:
    try:
        pathlib.Path(name).read_bytes()
        print(name)
    except PermissionError:
        pass
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a directory that everybody can enter, as the folders of pytest can't be."""
    before = os.umask(0o022)
    root = Path(tempfile.mkdtemp(dir="/tmp"))
    root.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(root))
    yield root
    os.umask(before)
    shutil.rmtree(root)


def files_below(*directories: Path) -> list[Path]:
    found = [path for each in directories for path in each.rglob("*") if path.is_file()]
    assert found
    return found


def read_as_container(paths: list[Path]) -> list[Path]:
    """Return the files that the containers' own uid can read."""
    command = [sys.executable, "-I", "-c", READ_ALL, *map(str, paths)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Path(line) for line in shown.stdout.splitlines()]


def write_all(place: Path) -> tuple[list[Path], list[Path]]:
    """Write a suite and an evaluation; return what is private of them, and what is public."""
    suite = build_unaudited(write_suite(place / "helm"), place / "suite")
    write_evaluation(evaluate_function(suite, off_by(0.1)), place / "results" / "image")
    FinishedCases(place / "results" / "finished_cases").keep(TASK.key, RUN)
    write_helm_runs(read_report(place / "results" / "image"), place / "exported")
    private = files_below(suite.root / "private", place / "results", place / "exported")
    return private, files_below(suite.root / "public")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_the_containers_uid_can_read_the_public_half_and_nothing_else(place: Path) -> None:
    private, public = write_all(place)
    with scratch_directory() as scratch:
        (scratch / "actuals.json").write_text("0.5")
        private += files_below(scratch)
        assert read_as_container(private) == []
        assert read_as_container(public) == public  # control: it reads what it may


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_control_with_the_modes_that_the_umask_gives_the_same_files_are_read(place: Path) -> None:
    private, _ = write_all(place)
    for path in private:
        path.chmod(0o644)
        for folder in path.parents:
            if place in folder.parents:
                folder.chmod(0o755)
    assert read_as_container(private) == private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_half_a_report_and_a_finished_case_have_modes_for_their_user_alone(place: Path) -> None:
    write_all(place)
    suite, results = place / "suite", place / "results"
    for directory in (suite / "private", results / "image", results / "finished_cases"):
        below = [directory, *directory.rglob("*")]
        assert {mode(path) for path in below if path.is_dir()} == {0o700}
        assert {mode(path) for path in below if path.is_file()} == {0o600}
    assert mode(suite / "public") == 0o755  # control: what is published follows the umask
    assert mode(suite / "public" / "suite.json") == 0o644


def test_a_private_half_that_is_moved_or_copied_stays_private(place: Path) -> None:
    write_all(place)
    shutil.copytree(place / "suite" / "private", place / "copied")
    below = [place / "copied", *(place / "copied").rglob("*")]
    assert {mode(path) for path in below} == {0o700, 0o600}


def test_a_directory_that_all_can_enter_is_warned_of_with_what_to_do(place: Path) -> None:
    (place / "private").mkdir()
    said: list[str] = []
    warn_if_open(place / "private", said.append)
    (line,) = said
    assert line == (
        f"warning: {place}/private: every user of this machine can read it. To change that: "
        f"chmod -R go= {place}/private"
    )
    make_private(place / "private")
    warn_if_open(place / "private", said.append)
    assert len(said) == 1  # control


def test_a_directory_below_one_that_others_cannot_enter_is_not_open(place: Path) -> None:
    (place / "a" / "b").mkdir(parents=True)
    assert is_open_to_all(place / "a" / "b")  # control
    (place / "a").chmod(0o700)
    assert not is_open_to_all(place / "a" / "b")
    assert not is_open_to_all(place / "missing")
    assert not is_open_to_all(open_store("memory://results"))
