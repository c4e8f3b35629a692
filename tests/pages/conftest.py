"""The browser, and evaluations to make pages of."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.suites.suite import Suite
from tests.pages.browser import open_browser
from tests.suite_builder import shared_suite


# Not of the session: while it runs, nothing in this thread can use asyncio.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def suite() -> Suite:
    """Return a suite of eight cases, each of one run."""
    division = {"method": "leave_one_out", "by": "run"}
    return shared_suite(runs=8, targets=["exact_match"], division=division)


def wavering(target: Target | InstanceTarget, actual: Stat) -> Stat:
    """Be off by different errors, so that intervals have a width."""
    assert actual.mean is not None
    return target.predicted(actual.mean + (0.1 if round(actual.mean * 10) % 2 else 0.31))
