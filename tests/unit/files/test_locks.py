"""A file is held by one process at a time, and by none that is dead."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.files.locks import (
    locked_directory,
    locked_file,
    new_held_file,
    shared_directory,
    unheld_directory,
    unheld_file,
)
from tests.hardships import room_for

HOLDER = """
import sys
from pathlib import Path
from runner.files.locks import new_held_file
with new_held_file(Path(sys.argv[1]), b"held"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_what_a_live_process_holds_is_refused_and_what_a_dead_one_held_is_given(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(BlockingIOError), unheld_file(path):
            pass
        process.kill()
        process.wait()
        with unheld_file(path) as file:
            assert file.read() == b"held"


def test_whoever_waits_for_a_file_gets_it_when_it_is_free(tmp_path: Path) -> None:
    path, order = tmp_path / "lock", []

    def wait() -> None:
        with locked_file(path, "ab"):
            order.append("second")

    with locked_file(path, "ab"):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_file_is_held_by_all_who_only_read_it_or_by_one_who_writes(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.touch()
    readers = locked_file(path, "rb"), locked_file(path, "rb")
    with readers[0], readers[1], pytest.raises(BlockingIOError), unheld_file(path):
        pass
    with locked_file(path), path.open("rb") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)


@pytest.mark.parametrize(("is_shared", "order"), [(True, "both"), (False, "after")])
def test_a_directory_is_held_by_one_or_by_those_who_share_it(
    tmp_path: Path, is_shared: bool, order: str
) -> None:
    seen = []

    def hold() -> None:
        with locked_directory(tmp_path, is_shared=is_shared):
            seen.append("both" if is_held else "after")

    is_held = True
    with locked_directory(tmp_path, is_shared=True):
        thread = threading.Thread(target=hold)
        thread.start()
        thread.join(0.2)
        is_held = False
    thread.join(10)
    assert seen == [order]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_is_made_only_on_demand(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked_file(tmp_path / "ledger"):
        pass
    with locked_file(tmp_path / "lock", "ab"):
        assert (tmp_path / "lock").exists()


def test_a_new_file_has_its_name_and_its_content_while_it_is_held(tmp_path: Path) -> None:
    with new_held_file(tmp_path / "lock", b"content"):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]
        assert (tmp_path / "lock").read_bytes() == b"content"
        with pytest.raises(BlockingIOError), unheld_file(tmp_path / "lock"):
            pass
    assert (tmp_path / "lock").exists()


def test_a_held_file_that_does_not_fit_is_not_there(tmp_path: Path) -> None:
    with room_for(5), pytest.raises(OSError), new_held_file(tmp_path / "a", b"x" * 50):  # noqa: PT011
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_shared_directory_is_held_alone_only_if_nobody_else_shares_it(tmp_path: Path) -> None:
    with shared_directory(tmp_path) as mine:
        with shared_directory(tmp_path) as others:
            with pytest.raises(BlockingIOError), mine.alone():
                pass
            with pytest.raises(BlockingIOError), others.alone():  # mine is held again
                pass
        with mine.alone(), pytest.raises(BlockingIOError), unheld_directory(tmp_path):
            pass
        with pytest.raises(BlockingIOError), unheld_directory(tmp_path):
            pass
        with shared_directory(tmp_path):  # control: it is shared again
            pass
    with unheld_directory(tmp_path):
        pass
