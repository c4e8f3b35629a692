"""Evaluations ranked, as an object."""

from pathlib import Path

import pytest

import runner
from runner.files.stores import open_store
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


@pytest.fixture
def results(suite: Suite, tmp_path: Path) -> Path:
    for error, name in ((0.2, "worse"), (0.1, "<b>better</b>")):
        write_evaluation(evaluate_function(suite, off_by(error), name), tmp_path / f"{error}")
    return tmp_path


def test_a_frame_has_the_best_evaluation_first(results: Path) -> None:
    frame = runner.rank_reports(results).frame
    assert list(frame["image"]) == ["<b>better</b>", "worse"]
    assert list(frame["value"]) == pytest.approx([0.1, 0.2])


def test_reports_are_ranked_as_their_directory_is(results: Path) -> None:
    reports = [runner.read_report(results / name) for name in ("0.2", "0.1")]
    frame = runner.rank_reports(reports).frame
    assert frame.equals(runner.rank_reports(str(results)).frame)


def test_a_place_at_a_url_is_ranked_and_verified_as_its_text_is(suite: Suite) -> None:
    place = open_store("memory://ranked/results")  # its path is no pathlib.Path
    for error in (0.2, 0.1):
        write_evaluation(evaluate_function(suite, off_by(error), f"{error}"), place / f"{error}")
    assert list(runner.rank_reports(place).frame["image"]) == ["0.1", "0.2"]
    assert runner.verify_report(place / "0.1") == []


def test_the_organizers_file_says_whose_an_image_is(results: Path, tmp_path: Path) -> None:
    (tmp_path / "submitters.yaml").write_text("submitters:\n  Team: [worse]\n")
    frame = runner.rank_reports(results, submitters=tmp_path / "submitters.yaml").frame
    assert list(frame["submitter"]) == ["<b>better</b>", "Team"]


def test_the_page_and_the_notebook_show_names_and_no_markup_of_theirs(results: Path) -> None:
    board = runner.rank_reports(results)
    for shown in (board.to_html(), board._repr_html_()):
        assert "<b>better</b>" not in shown
        assert "&lt;b&gt;better&lt;/b&gt;" in shown
    assert "reports/" not in board.to_html()
    assert "2 evaluations" in repr(board)


def test_a_report_that_cannot_be_read_is_a_warning_in_the_log(
    results: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (results / "broken").mkdir()
    (results / "broken" / "report.json").write_text("{")
    assert len(runner.rank_reports(results).frame) == 2
    assert "left out:" in caplog.text
    caplog.clear()
    (results / "broken" / "report.json").unlink()
    runner.rank_reports(results)
    assert caplog.text == ""  # control: nothing is left out


def test_reports_of_several_suites_or_none_are_refused(results: Path, tmp_path: Path) -> None:
    with pytest.raises(runner.UsageError):
        runner.rank_reports([])
    with pytest.raises(runner.UsageError):
        runner.rank_reports(tmp_path / "nowhere")
