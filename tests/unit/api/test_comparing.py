from pathlib import Path

import pytest

import runner
from runner.reports.report_directory import write_evaluation
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    suite = shared_suite()
    for error, name in ((0.2, "worse"), (0.1, "<b>better</b>")):
        write_evaluation(evaluate_function(suite, off_by(error), name), root / f"{error}")
    return root


def test_a_comparison_has_its_differences_and_targets_as_frames(results: Path) -> None:
    found = runner.compare_reports([results / "0.2", results / "0.1"])
    whole = found.frame[found.frame["category"].isna()].iloc[0]
    assert whole["difference"] == pytest.approx(0.1)
    assert (found.targets["error.0"] - found.targets["error.1"]).tolist() == pytest.approx(
        [0.1] * len(found.targets)
    )


def test_reports_are_compared_as_their_directories_are(results: Path) -> None:
    places = [str(results / "0.2"), str(results / "0.1")]
    opened = [runner.read_report(place) for place in places]
    by_metric = [runner.compare_reports(each, metric="rmse").frame for each in (places, opened)]
    assert by_metric[0].equals(by_metric[1])
    assert set(by_metric[0]["metric"]) == {"rmse"}


def test_the_page_and_the_notebook_show_names_and_no_markup_of_theirs(results: Path) -> None:
    found = runner.compare_reports([results / "0.2", results / "0.1"])
    assert "<b>better</b>" not in found.to_html()
    assert "<b>better</b>" not in found._repr_html_()
    assert "&lt;b&gt;better&lt;/b&gt;" in found._repr_html_()
    assert repr(found) == "<Comparison of worse, <b>better</b> on v1>"


def test_a_single_place_and_scores_of_this_process_are_refused(results: Path) -> None:
    with pytest.raises(runner.UsageError, match="list of two or more"):
        runner.compare_reports(str(results / "0.2"))
    with pytest.raises(runner.UsageError, match="two evaluations or more"):
        runner.compare_reports([results / "0.2"])
