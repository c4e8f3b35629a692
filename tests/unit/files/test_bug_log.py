"""A bug of the runner is kept in a file, and costs only what met it."""

import errno
import re
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import BugError, EngineError, UsageError
from runner.files.bug_log import attempt


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def divide_by_zero() -> float:
    return 1 / len("")


def test_what_meets_a_bug_is_an_error_that_names_the_file_with_its_traceback() -> None:
    found = attempt(divide_by_zero)
    assert isinstance(found, BugError)
    named = re.search(r"ZeroDivisionError in .*test_bug_log.py:\d+\)\. .* with (\S+)$", str(found))
    assert named is not None
    assert "in divide_by_zero" in Path(named[1]).read_text()


def fill_memory() -> bytes:
    return bytes(2**62)


def fail_to_map() -> None:
    raise ImportError("libx.so: failed to map segment from shared object")


def start_no_thread() -> None:
    raise RuntimeError("can't start new thread")


def write_to_a_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        full.write("x")


def open_too_many() -> None:
    raise OSError(errno.EMFILE, "Too many open files")


def write_too_much() -> None:
    raise OSError(errno.EFBIG, "File too large")


@pytest.mark.parametrize(
    ("meet", "lacking"),
    [
        (fill_memory, "memory"),
        (fail_to_map, "memory"),
        (start_no_thread, "memory or threads"),
        (write_to_a_full_disk, "room on a disk"),
        (write_too_much, "room in a file, see `ulimit -f`"),
        (open_too_many, "files that a process may open"),
    ],
)
def test_a_machine_that_ran_out_of_something_is_no_bug(
    meet: Callable[[], object], lacking: str
) -> None:
    found = attempt(meet)
    assert isinstance(found, EngineError)
    assert f"this machine ran out of {lacking} (" in str(found)
    assert f"in {meet.__name__}" in Path(str(found).rpartition("see ")[2]).read_text()


def test_where_no_file_can_be_written_the_error_says_so_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    free = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, free[1]))
    try:
        found = attempt(divide_by_zero)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, free)
    assert isinstance(found, BugError)
    assert str(found).endswith("report it with the traceback (no file could be written for it)")
    assert not list(tmp_path.rglob("*.log"))


def test_a_bug_whose_text_is_not_utf_8_is_kept() -> None:
    def fail() -> None:
        raise ValueError("caf\udce9")

    found = attempt(fail)
    assert isinstance(found, BugError)
    assert "caf\\udce9" in Path(str(found).rpartition("with ")[2]).read_text()


def test_control_what_works_is_returned() -> None:
    assert attempt(lambda: 2) == 2


def test_an_expected_error_is_returned_and_makes_no_file(tmp_path: Path) -> None:
    def refuse() -> None:
        raise UsageError("what, where, what to do")

    assert str(attempt(refuse)) == "what, where, what to do"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_is_no_bug() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(interrupt)


def test_a_file_that_is_closed_to_this_user_is_no_bug() -> None:
    def refuse() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "a/b")

    assert isinstance(attempt(refuse), UsageError)
