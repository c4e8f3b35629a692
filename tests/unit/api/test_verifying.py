"""Reports that are checked again from Python."""

from pathlib import Path

import pytest

import runner
from runner.files.signatures import make_key, read_signing_key
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


@pytest.fixture
def written(suite: Suite, tmp_path: Path) -> Path:
    write_evaluation(evaluate_function(suite, off_by(0.25), "an-image"), tmp_path / "report")
    return tmp_path / "report"


def test_a_report_as_it_was_written_verifies(suite: Suite, written: Path) -> None:
    assert runner.verify_report(written) == []
    assert runner.verify_report(runner.read_report(written), suite.root) == []


def test_control_a_changed_file_is_found(written: Path) -> None:
    path = written / "report.json"
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    assert runner.verify_report(str(written)) != []


def test_a_report_is_verified_by_the_key_that_signed_it(suite: Suite, tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    key = read_signing_key(tmp_path / "key")
    write_evaluation(evaluate_function(suite, off_by(0.25)), tmp_path / "signed", key)
    assert runner.verify_report(tmp_path / "signed", key=tmp_path / "key.pub") == []
    make_key(tmp_path / "other")  # the control
    (found,) = runner.verify_report(tmp_path / "signed", key=str(tmp_path / "other.pub"))
    assert "signed by another key" in found
