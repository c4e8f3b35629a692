"""A suite, and a folder with reports of it."""

import shutil
from pathlib import Path

import pytest

from runner.suites.suite import Suite
from tests.suite_builder import shared_suite
from tests.view_builder import write_reports


@pytest.fixture(scope="session")
def suite() -> Suite:
    division = {"method": "leave_one_out", "by": "run"}
    return shared_suite(runs=4, division=division)


@pytest.fixture(scope="session")
def written(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two reports, which no test may change."""
    folder = tmp_path_factory.mktemp("written") / "demo"
    write_reports(suite, folder)
    return folder


@pytest.fixture
def results(written: Path, tmp_path: Path) -> Path:
    """Return a folder of the test's own, in which results/demo has two reports."""
    shutil.copytree(written, tmp_path / "root" / "results" / "demo", copy_function=shutil.copy)
    return tmp_path / "root"
