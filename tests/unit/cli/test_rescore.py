import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import runner
from runner.cli.main import cli
from runner.pages.report_page import report_page
from runner.reports.report import read_report
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared
from tests.versions_builder import Versions, build_versions


@pytest.fixture(scope="module")
def versions() -> Versions:
    return shared(build_versions)


@pytest.fixture
def results(versions: Versions, tmp_path: Path) -> Path:
    """Return the reports of two images: the first is better before, the second afterwards."""
    for image, error in (("low", -0.02), ("high", 0.1)):
        write_evaluation(evaluate_function(versions.first, off_by(error), image), tmp_path / image)
    return tmp_path


def run(results: Path, suite: Suite, *more: str) -> Result:
    command = ["rescore", str(results), "--suite", str(suite.root), *more]
    return CliRunner().invoke(cli, command, standalone_mode=False)


def test_the_changed_actual_and_the_moved_scores_are_printed(
    versions: Versions, results: Path
) -> None:
    ended = run(results, versions.corrected)
    assert ended.return_value == 0
    assert f"2 reports scored again on v1 2 {versions.corrected.digest}" in ended.stdout
    assert "actuals that changed: 1" in ended.stdout
    (line,) = [line for line in ended.stdout.splitlines() if "demo:subject=2" in line]
    assert line.split()[-2:] == ["0.2000", "0.6000"]
    (line,) = [line for line in ended.stdout.splitlines() if " high " in line]
    assert line.split()[-2:] == ["0.1000", "0.1500"]  # (3 x 0.1 + 0.3) / 4


def test_control_a_version_without_a_correction_changes_nothing(
    versions: Versions, results: Path
) -> None:
    assert "no target's actual has changed" in run(results, versions.renamed).stdout


def test_json_has_what_the_text_has(versions: Versions, results: Path) -> None:
    found = json.loads(run(results, versions.corrected, "--json").stdout)
    assert found["suite"]["version"] == "2"
    assert [(each["before"], each["now"]) for each in found["targets"]] == [(0.2, 0.6)]
    assert {Path(each["directory"]).name for each in found["reports"]} == {"low", "high"}
    assert (found["refused"], found["current"]) == ([], 0)
    found = json.loads(run(results, versions.corrected, "--json").stdout)
    assert (found["reports"], found["current"]) == ([], 2)


def test_a_refused_report_is_exit_3_and_told_with_its_case(
    versions: Versions, results: Path
) -> None:
    ended = run(results, versions.other_inputs)
    assert ended.return_value == 3
    assert f"refused: {results / 'low'}: case-2: its inputs have changed" in ended.stderr
    assert "runner evaluate" in ended.stderr
    refused = json.loads(run(results, versions.other_inputs, "--json").stdout)["refused"]
    assert refused[0]["reasons"] == ["case-2: its inputs have changed"]


def test_what_is_no_results_directory_or_no_suite_is_refused(
    versions: Versions, tmp_path: Path
) -> None:
    assert "no report in it" in str(run(tmp_path, versions.corrected).exception)
    ended = CliRunner().invoke(cli, ["rescore", str(tmp_path), "--suite", "absent"])
    assert ended.exit_code != 0


def test_the_new_report_says_that_it_was_scored_again(versions: Versions, results: Path) -> None:
    run(results, versions.corrected)
    (kept,) = results.glob("low.*")
    for place, is_said in ((results / "low", True), (kept, False)):
        shown = CliRunner().invoke(cli, ["report", str(place)]).stdout
        page = report_page(read_report(place), with_actuals=False)
        assert ("scored again" in shown) == ("scored again" in page) == is_said


def test_python_has_the_same_as_frames(versions: Versions, results: Path) -> None:
    done = runner.rescore(results, versions.corrected.root)
    assert isinstance(done, runner.RescoredResults)
    assert list(done.targets["now"]) == [0.6]
    assert set(done.ranks["image"]) == {"low", "high"}
    assert {report.directory.name for report in done.reports} == {"low", "high"}
    assert done.refused == {}
