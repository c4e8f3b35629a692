"""Reports as objects, and checked again."""

from pathlib import Path

import pytest

import runner
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


@pytest.fixture
def written(suite: Suite, tmp_path: Path) -> Path:
    write_evaluation(evaluate_function(suite, off_by(0.25), HOSTILE), tmp_path / "report")
    return tmp_path / "report"


def test_a_report_is_read_with_its_scores_and_records(written: Path) -> None:
    report = runner.read_report(written)
    mae = report.scores["mae"]
    assert mae.value == pytest.approx(0.25)
    assert len(report.records) == mae.targets
    assert (report.is_scored, report.why_unranked, report.submitter) == (True, None, None)
    assert report.directory == written


def test_an_image_that_failed_has_no_scores_and_says_why(suite: Suite, tmp_path: Path) -> None:
    failed = evaluate_function(suite, off_by(0), "broken", exit_code=1)
    write_evaluation(failed, tmp_path / "broken")
    report = runner.read_report(tmp_path / "broken")
    assert not report.is_scored
    assert dict(report.scores) == {}
    assert "cases not scored" in str(report.why_unranked)
    assert "not scored" in report._repr_html_()


def test_no_text_of_a_report_is_markup_in_a_notebook(written: Path) -> None:
    shown = runner.read_report(written)._repr_html_()
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown


def test_a_directory_without_a_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(runner.SuiteError):
        runner.read_report(tmp_path)
