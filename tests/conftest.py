"""What holds for the tests of every folder."""

import gc
import signal
from collections.abc import Iterator

import pytest

from tests.suite_builder import remove_shared_suites

# A shell lets what it runs in the background ignore Ctrl-C, and commands inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# All modules and thousands of tests are held from the first test to the last. By default Python
# looks through its objects after each 700 new ones, which takes a tenth of the unit tests' time.
gc.set_threshold(20_000)


@pytest.fixture(scope="session", autouse=True)
def _shared_suites() -> Iterator[None]:
    """Fail at the end if a test has changed a suite that others read."""
    yield
    assert remove_shared_suites() == []
