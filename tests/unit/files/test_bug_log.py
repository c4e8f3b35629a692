"""A bug of the runner is kept in a file, and costs only what met it."""

import re
from pathlib import Path

import pytest

from runner.errors import BugError, UsageError
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
