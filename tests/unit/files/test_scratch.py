import shutil
import signal
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from runner.errors import UsageError
from runner.files.scratch import remove_dead_scratch, remove_own_scratch, scratch_directory
from tests.unit.files.deep_folders import make_deep

HOLDER = """
import time
from runner.errors import UsageError
from runner.files.scratch import scratch_directory
with scratch_directory() as scratch:
    (scratch / "actual").write_text("0.5")
    print(scratch, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def hold() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_nothing_is_left_of_a_scratch_directory(temporary: Path) -> None:
    with scratch_directory() as scratch:
        (scratch / "actual").write_text("0.5")
    assert list(temporary.iterdir()) == []


def test_an_interrupt_of_the_removal_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, calls = shutil.rmtree, count()

    def interrupted_once(directory: Path, **options: Any) -> None:
        if next(calls) == 0:
            raise KeyboardInterrupt
        remove(directory, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted_once)
    with pytest.raises(KeyboardInterrupt), scratch_directory() as scratch:
        (scratch / "actual").write_text("0.5")
    assert list(temporary.iterdir()) == []


def test_nothing_is_left_of_folders_that_are_deeper_than_python_s_stack(temporary: Path) -> None:
    with scratch_directory() as scratch:
        make_deep(scratch, 1200)
    assert list(temporary.iterdir()) == []


def test_a_folder_for_temporary_files_that_can_not_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    with (
        pytest.raises(UsageError, match=r"No folder for temporary files .*TMPDIR=FOLDER"),
        scratch_directory(),
    ):
        pass


def test_another_disk_that_is_full_is_not_taken_for_that_of_temporary_files() -> None:
    """Which is not full. That it is told if it is, a test with a small disk of its own shows."""
    with (
        pytest.raises(OSError, match="No space left"),
        scratch_directory(),
        Path("/dev/full").open("w") as full,
    ):
        full.write("x" * 100_000)


def test_a_process_that_ends_at_once_removes_its_own(temporary: Path) -> None:
    with scratch_directory() as scratch:
        (scratch / "actual").write_text("0.5")
        assert remove_own_scratch() == ()
        assert list(temporary.iterdir()) == []


def test_control_what_another_process_uses_is_not_its_own() -> None:
    process, scratch = hold()
    try:
        assert remove_own_scratch() == ()
        assert (scratch / "actual").exists()
    finally:
        process.kill()
        process.communicate()


def test_what_a_killed_runner_left_is_removed(temporary: Path) -> None:
    process, scratch = hold()
    process.kill()
    process.communicate()
    assert (scratch / "actual").exists()
    assert remove_dead_scratch() == (scratch.parent,)
    assert list(temporary.iterdir()) == []


KILLED_IN_THE_REMOVAL = """
import os, signal, sys
from runner.files.scratch import scratch_directory
left, remove = int(sys.argv[1]), os.unlink

def unlink(*path, **options):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    remove(*path, **options)

with scratch_directory() as scratch:
    for number in range(3):
        (scratch / f"{number}").mkdir()
        (scratch / f"{number}" / "actual").write_text("0.5")
    os.unlink = unlink
"""


def test_what_a_runner_left_that_was_killed_while_it_removed_is_removed(temporary: Path) -> None:
    for removed in range(4):  # three files and the lock
        command = [sys.executable, "-c", KILLED_IN_THE_REMOVAL, str(removed)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        assert list(temporary.iterdir())
        remove_dead_scratch()
        assert list(temporary.iterdir()) == []


def test_control_what_a_live_runner_uses_stays() -> None:
    process, scratch = hold()
    try:
        assert remove_dead_scratch() == ()
        assert (scratch / "actual").exists()
    finally:
        process.kill()
        process.communicate()


def test_what_only_looks_like_one_stays(temporary: Path) -> None:
    (temporary / "runner-scratch-mine").mkdir()
    (temporary / "runner-scratch-mine" / "thesis").touch()
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere" / "lock").touch()
    (temporary / "runner-scratch-link").symlink_to(temporary / "elsewhere")
    assert remove_dead_scratch() == ()
    assert (temporary / "runner-scratch-mine" / "thesis").exists()
    assert (temporary / "elsewhere" / "lock").exists()
