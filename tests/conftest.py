"""What holds for the tests of every folder."""

import signal
from collections.abc import Iterator

import pytest

from tests.suite_builder import remove_shared_suites

# A shell lets what it runs in the background ignore Ctrl-C, and commands inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _shared_suites() -> Iterator[None]:
    """Fail at the end if a test has changed a suite that others read."""
    yield
    assert remove_shared_suites() == []
