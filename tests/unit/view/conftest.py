"""A suite, and a folder with reports of it."""

from pathlib import Path

import pytest

from runner.suites.suite import Suite
from tests.helm_builder import write_suite
from tests.suite_builder import build
from tests.view_builder import write_reports


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    root = tmp_path_factory.mktemp("suite")
    division = {"method": "leave_one_out", "by": "run"}
    return build(write_suite(root, runs=4), root / "suite", division=division)


@pytest.fixture
def results(suite: Suite, tmp_path: Path) -> Path:
    """Return a folder in which results/demo has two reports."""
    write_reports(suite, tmp_path / "root" / "results" / "demo")
    return tmp_path / "root"
