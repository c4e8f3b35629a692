"""Every public name of ``import runner``, on the real engine."""

import gc
import json
import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import runner
from runner.suites.suite import Suite
from tests.helm_builder import stat, write_suite
from tests.integration.images import QUICK
from tests.suite_builder import WARN_ONLY, build


class Constant(runner.Predictor):
    """Predicts 0.5 of everything."""

    def predict(self, *_frames: Any) -> dict[str, list[runner.Stat]]:
        predictions: dict[str, list[runner.Stat]] = {}
        for target in self.case.targets:
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(0.5))
        return predictions


@pytest.fixture(scope="module")
def suite() -> Iterator[runner.OpenedSuite]:
    with runner.open_suite("demo") as opened:
        yield opened


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def reports(suite: runner.OpenedSuite, out: Path) -> list[runner.OpenedReport]:
    images = ["train_mean", "random"]
    local = runner.Local(jobs=2)
    return runner.evaluate(images, suite, out=out, repeat=1, executor=local, submitter="me")


def test_there_is_a_report_per_image_in_order(reports: list[runner.OpenedReport]) -> None:
    assert [report.image for report in reports] == ["train_mean", "random"]
    for report in reports:
        assert isinstance(report, runner.OpenedReport)
        assert isinstance(report.scores, runner.ScoreTable)
        mae = report.scores["mae"]
        assert mae.value is not None
        assert mae.value >= 0
        assert (report.records["instances"] > 0).sum() == mae.targets  # copies count once
        assert report.submitter == "me"
        assert [each.name for each in report.report.repetitions] == ["repeat-1"]


def test_a_metric_of_ones_own_measures_a_report(reports: list[runner.OpenedReport]) -> None:
    @runner.metric(name="far off", unit="share of targets", better="lower")
    def far_off(records: pd.DataFrame) -> float:
        return float((records["error"].abs() > 0.1).mean())

    assert isinstance(far_off, runner.OwnMetric)
    score = reports[0].measure(far_off)
    assert isinstance(score, runner.OwnScore)
    assert score.value == (reports[0].records["error"].abs() > 0.1).mean()


def test_a_suite_that_is_built_again_during_its_evaluation_is_evaluated_to_the_end(
    quick: None, tmp_path: Path
) -> None:
    source, place = write_suite(tmp_path, runs=3), tmp_path / "suite"
    division = {"method": "leave_one_out", "by": "run"}
    earlier = build(source, place, division=division)
    kept = shutil.copytree(place, tmp_path / "kept")
    built: list[Suite] = []

    def build_again(line: str) -> None:
        if "scored" in line and not built:  # the first case of three is over
            for path in source.rglob("stats.json"):
                path.write_text(json.dumps([stat("exact_match", 0.9), stat("num_references", 2.0)]))
            built.append(build(source, place, division=division))

    (report,) = runner.evaluate(QUICK, place, out=tmp_path / "out", announce=build_again)
    assert built[0].digest != earlier.digest
    actuals = {target.actual["mean"] for case in report.report.cases for target in case.targets}
    assert actuals == {0.0, 0.1, 0.2}
    assert report.report.suite.digest == earlier.digest
    assert runner.verify_report(report, kept) == []
    (again,) = runner.evaluate(QUICK, place, out=tmp_path / "new")  # the control
    assert {target.actual["mean"] for case in again.report.cases for target in case.targets} == {
        0.9
    }


def test_the_same_call_runs_nothing_again(
    reports: list[runner.OpenedReport], suite: runner.OpenedSuite, out: Path
) -> None:
    lines: list[str] = []
    again = runner.evaluate(
        ["train_mean", "random"], suite, out=out, repeat=1, submitter="me", announce=lines.append
    )
    assert [each.report for each in again] == [each.report for each in reports]
    assert not any("running" in line for line in lines)


def test_a_suite_is_evaluated_by_its_name_as_the_open_one_is(
    reports: list[runner.OpenedReport], tmp_path: Path
) -> None:
    (report,) = runner.evaluate("train_mean", "demo", out=tmp_path)
    assert report.scores["mae"] == reports[0].scores["mae"]


def test_reports_are_read_verified_and_ranked(
    reports: list[runner.OpenedReport], suite: runner.OpenedSuite, out: Path
) -> None:
    assert reports[1].directory == out / "random+by-me+repeat-1"
    assert runner.read_report(reports[1].directory).report == reports[1].report
    assert runner.verify_report(reports[1].directory, suite) == []
    board = runner.rank_reports(out)
    assert isinstance(board, runner.Ranking)
    assert set(board.frame["image"]) == {"train_mean", "random"}
    assert board.to_html().startswith("<!doctype html>") or "<html" in board.to_html()


def test_reports_are_compared(reports: list[runner.OpenedReport]) -> None:
    compared = runner.compare_reports(reports)
    assert isinstance(compared, runner.Comparison)
    over_all = compared.frame.iloc[0]
    first, second = (report.scores["mae"].value for report in reports)
    assert first is not None
    assert second is not None
    assert [over_all["first_value"], over_all["second_value"]] == pytest.approx([first, second])
    assert over_all["difference"] == pytest.approx(first - second)
    assert len(compared.targets) == len(reports[0].records)
    assert "<html" in compared.to_html()


def test_a_predictor_in_process_scores_as_by_hand(suite: runner.OpenedSuite) -> None:
    tried = runner.try_predictor(Constant(), suite)
    assert isinstance(tried, runner.LocalScore)
    (case,) = suite.cases
    assert isinstance(case, runner.OpenedCase)
    target = case.targets[0]
    assert isinstance(target, runner.Target)
    assert not isinstance(target, runner.InstanceTarget)
    assert isinstance(target.name, runner.MetricName)
    predictions: dict[str, list[runner.Stat]] = {}
    for each in case.targets:
        predictions.setdefault(each.run_spec_name, []).append(each.predicted(0.5))
    assert runner.score(case, predictions).scores["mae"] == tried.scores["mae"]
    with pytest.raises(runner.InvalidOutputError):
        runner.score(case, {})


def test_an_image_that_fails_has_a_report_too(suite: runner.OpenedSuite, tmp_path: Path) -> None:
    (report,) = runner.evaluate("train_mean", suite, out=tmp_path, wall_seconds=0.01)
    assert not report.is_scored
    assert report.cases[0].outcome == "timed_out"


@pytest.fixture
def sockets_closed() -> Iterator[None]:
    """Close the sockets that docker leaves open when it can't connect, before the next test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.usefixtures("sockets_closed")
def test_errors_are_the_command_lines(
    suite: runner.OpenedSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(runner.UsageError, match="no_such_image"):
        runner.evaluate(["train_mean", "no_such_image"], suite, out=tmp_path)
    assert not list(tmp_path.glob("*/report.json"))  # nothing has been run
    with pytest.raises(runner.SuiteError):
        runner.open_suite("no_such_suite")
    with pytest.raises(runner.UsageError, match="--jobs is 0"):
        runner.evaluate("train_mean", suite, out=tmp_path, executor=runner.Ray("/shared", jobs=0))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    with pytest.raises(runner.EngineError):
        runner.evaluate("train_mean", suite, out=tmp_path)
    for error in (runner.BuildError, runner.SubmissionError, runner.EngineError):
        assert issubclass(error, runner.RunnerError)


def test_a_suite_is_built_and_audited_and_evaluated(tmp_path: Path) -> None:
    spec = {"name": "v1", "version": "1", "helm_runs": [str(write_suite(tmp_path))], **WARN_ONLY}
    built = runner.build_suite(spec, tmp_path / "v1")
    assert isinstance(runner.audit_suite(built), runner.SuiteAudit)
    (report,) = runner.evaluate("train_mean", tmp_path / "v1", out=tmp_path / "results")
    assert report.report.suite.digest == built.digest
    rescored = runner.rescore(tmp_path / "results", built)
    assert isinstance(rescored, runner.RescoredResults)
    assert (rescored.current, rescored.reports) == (1, [])


def test_this_file_uses_every_public_name() -> None:
    used = set(re.findall(r"runner\.(\w+)", Path(__file__).read_text(encoding="utf-8")))
    assert set(runner.__all__) <= used
