"""What holds for the tests of every folder."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.suite_builder import remove_shared_suites

# A shell lets what it runs in the background ignore Ctrl-C, and commands inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _shared_suites() -> Iterator[None]:
    """Fail at the end if a test has changed a suite that others read."""
    yield
    assert remove_shared_suites() == []


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that every user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)
