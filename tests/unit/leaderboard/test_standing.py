import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import SuiteError, UsageError
from runner.leaderboard.standing import read_competitors
from runner.reports.report import Report
from runner.reports.report_directory import write_evaluation
from runner.scores.rank_range import RankRange, Standing
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite

SPLIT = {"targets": ["exact_match"], "division": {"method": "leave_one_out", "by": "run"}}
ERRORS = {"good": 0.1, "middle": 0.3, "bad": 0.6}


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite(runs=8, **SPLIT)


@pytest.fixture(scope="module")
def results(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of three reports, the errors of each all the same."""
    root = tmp_path_factory.mktemp("results")
    for name, error in ERRORS.items():
        write_evaluation(evaluate_function(suite, off_by(error), name), root / name)
    write_evaluation(evaluate_function(suite, off_by(0.0), "broken", 1), root / "broken")
    return root


@pytest.fixture(scope="module")
def leaderboard(results: Path) -> Path:
    """Return the file that the leaderboard's JSON was put into."""
    shown = CliRunner().invoke(cli, ["leaderboard", str(results), "--json"], catch_exceptions=False)
    path = results.parent / f"{results.name}.json"
    path.write_text(shown.output)
    return path


def report(suite: Suite, error: float, image: str = "new", exit_code: int = 0) -> Report:
    return evaluate_function(suite, off_by(error), image, exit_code).report


def standing(source: Path, report: Report, place: Path | None = None) -> Standing | None:
    return read_competitors(source).rank(report, place or source / "new", {})


def test_a_report_that_cannot_be_read_takes_no_rank_of_the_others(
    suite: Suite, results: Path, tmp_path: Path
) -> None:
    shutil.copytree(results, tmp_path / "results")
    (tmp_path / "results" / "broken" / "report.json").write_text("{")
    assert str(standing(tmp_path / "results", report(suite, 0.2))) == "2 of 4"


@pytest.mark.parametrize(
    ("error", "rank"), [(0.0, "1 of 4"), (0.2, "2 of 4"), (0.5, "3 of 4"), (0.9, "4 of 4")]
)
def test_a_report_is_ranked_among_those_of_a_directory_and_of_a_leaderboard_file(
    suite: Suite, results: Path, leaderboard: Path, error: float, rank: str
) -> None:
    assert str(standing(results, report(suite, error))) == rank
    assert str(standing(leaderboard, report(suite, error))) == rank


def test_equal_evaluations_are_tied(suite: Suite, results: Path, leaderboard: Path) -> None:
    assert str(standing(results, report(suite, 0.3))) == "2-3, tied, of 4"
    assert str(standing(leaderboard, report(suite, 0.3))) == "2-3, tied, of 4"


def test_an_evaluation_does_not_compete_with_itself(
    suite: Suite, results: Path, leaderboard: Path
) -> None:
    again = report(suite, 0.3, "middle")
    assert str(standing(results, again, results / "middle")) == "2 of 3"
    assert str(standing(leaderboard, again)) == "2 of 3"


def test_what_was_not_scored_has_no_rank(suite: Suite, results: Path, leaderboard: Path) -> None:
    broken = report(suite, 0.0, "broken2", exit_code=1)
    assert standing(results, broken) is None
    assert standing(leaderboard, broken) is None


def test_the_first_of_all_is_one_of_one(suite: Suite, tmp_path: Path) -> None:
    assert standing(tmp_path, report(suite, 0.3)) == Standing(RankRange(1, 1), 1)


def overlap(board: dict[str, list[dict[str, float]]]) -> None:
    for entry in board["entries"]:
        entry.update(low=0.0, high=1.0)


def without_intervals(board: dict[str, list[dict[str, float | None]]]) -> None:
    for entry in board["entries"]:
        entry.update(low=None, high=None)


@pytest.mark.parametrize("change", [overlap, without_intervals])
def test_entries_of_a_file_that_cannot_be_told_apart_are_all_tied(
    suite: Suite,
    leaderboard: Path,
    tmp_path: Path,
    change: Callable[[dict[str, list[dict[str, float]]]], None],
) -> None:
    board = json.loads(leaderboard.read_text())
    change(board)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(board))
    assert str(standing(path, report(suite, 0.2))) == "1-4, tied, of 4"


def test_evaluations_of_another_suite_are_refused(results: Path, leaderboard: Path) -> None:
    for source in (results, leaderboard):
        competitors = read_competitors(source)
        with pytest.raises(UsageError, match="of the suite sha256:"):
            competitors.check_suite("another", "sha256:another")


def test_the_suites_own_evaluations_are_not_refused(
    suite: Suite, results: Path, leaderboard: Path
) -> None:
    for source in (results, leaderboard):
        read_competitors(source).check_suite(suite.name, suite.digest)


def test_evaluations_on_another_version_of_the_suite_are_neither_refused_nor_counted(
    suite: Suite, results: Path
) -> None:
    competitors = read_competitors(results)
    competitors.check_suite(suite.name, "sha256:another")
    new = report(suite, 0.2)
    other = new.model_copy(update={"suite": new.suite.model_copy(update={"digest": "sha256:new"})})
    assert str(competitors.rank(other, results / "new", {})) == "1 of 1"


def test_another_evaluation_counts_once_with_and_without_further_runs(
    suite: Suite, results: Path
) -> None:
    other = report(suite, 0.2, "other")
    again = other.model_copy(update={"input_changes": ("shuffled",)})
    competitors = read_competitors(results)
    others = {results / "other": other, results / "other+shuffle": again}
    assert str(competitors.rank(report(suite, 0.0), results / "new", others)) == "1 of 5"


def test_an_evaluation_does_not_compete_with_its_report_without_further_runs(
    suite: Suite, results: Path
) -> None:
    again = report(suite, 0.3, "middle").model_copy(update={"input_changes": ("shuffled",)})
    assert str(standing(results, again)) == "2 of 3"


def test_a_file_that_is_no_leaderboard_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no leaderboard"):
        read_competitors(tmp_path / "absent.json")
    with pytest.raises(UsageError, match="File name too long"):
        read_competitors(tmp_path / ("a" * 300))
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(SuiteError, match="leaderboard DIR --json"):
        read_competitors(tmp_path / "other.json")
