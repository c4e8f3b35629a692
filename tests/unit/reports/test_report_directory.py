import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.errors import SuiteError, UsageError
from runner.reports.report import read_report
from runner.reports.report_directory import (
    check_writable,
    read_reports,
    report_directory_name,
    write_evaluation,
)
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, oracle
from tests.helm_builder import write_suite
from tests.suite_builder import Said, build
from tests.unit.reports.builder import evaluation, make_report

SPLIT = {"targets": ["exact_match"], "division": {"method": "leave_one_out", "by": "run"}}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Return a suite of eight cases, each of one run."""
    tmp_path = tmp_path_factory.mktemp("suite")
    return build(write_suite(tmp_path, runs=8), tmp_path / "suite", **SPLIT)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["leaderboard", *arguments], catch_exceptions=False)


def test_suites_of_different_digests_are_not_mixed(suite: Suite, tmp_path: Path) -> None:
    root = tmp_path / "results"
    write_evaluation(evaluate_function(suite, oracle), root / "a")
    other = build(write_suite(tmp_path / "other"), tmp_path / "other_suite")
    write_evaluation(evaluate_function(other, oracle), root / "b")
    with pytest.raises(UsageError, match="on one suite only"):
        read_reports(root)


def test_a_report_that_cannot_be_read_is_told_and_the_others_are_found(
    suite: Suite, tmp_path: Path
) -> None:
    write_evaluation(evaluate_function(suite, oracle), tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "report.json").write_text('{"schema_version": 99}')
    said = Said()
    found = read_reports(tmp_path, said)
    assert list(found.reports) == [tmp_path / "a"]
    assert [fault.exit_code for fault in found.faults] == [3]
    assert said.lines == [f"left out: {tmp_path}/b/report.json: not a report of schema version 2"]


def test_control_reports_that_can_all_be_read_are_all_found(suite: Suite, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_evaluation(evaluate_function(suite, oracle), tmp_path / name)
    found = read_reports(tmp_path)
    assert list(found.reports) == [tmp_path / "a", tmp_path / "b"]
    assert found.faults == ()


def test_if_no_report_can_be_read_the_first_error_is_raised(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{")
    with pytest.raises(SuiteError, match="not a report"):
        read_reports(tmp_path)


def test_a_directory_without_reports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no report in it"):
        read_reports(tmp_path)


def test_the_same_evaluation_again_replaces_its_report(tmp_path: Path) -> None:
    write_evaluation(evaluation(), tmp_path / "image")
    write_evaluation(evaluation(extra=b"second"), tmp_path / "image")
    assert [path.name for path in tmp_path.iterdir()] == ["image"]
    assert (tmp_path / "image" / "extra").read_bytes() == b"second"


def test_another_evaluation_keeps_the_earlier_report_beside_it(tmp_path: Path) -> None:
    write_evaluation(evaluation(), tmp_path / "image")
    write_evaluation(evaluation(make_report(image_id="sha256:b")), tmp_path / "image")
    assert read_report(tmp_path / "image").image.id == "sha256:b"
    assert read_report(tmp_path / "image.2026-01-02T030405+0000").image.id == "sha256:a"


def test_two_earlier_reports_of_one_second_are_both_kept(tmp_path: Path) -> None:
    for image_id in ("sha256:a", "sha256:b", "sha256:c"):
        write_evaluation(evaluation(make_report(image_id=image_id)), tmp_path / "image")
    kept = {read_report(path).image.id for path in tmp_path.iterdir()}
    assert kept == {"sha256:a", "sha256:b", "sha256:c"}


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_written_is_refused_beforehand(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="reports can't be written"):
        check_writable(tmp_path / place)


def test_an_earlier_report_that_cannot_be_read_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "report.json").write_text('{"schema_version": 99}')
    kept = write_evaluation(evaluation(), tmp_path / "image")
    assert kept == tmp_path / ".image.changed"
    assert (kept / "report.json").read_text() == '{"schema_version": 99}'


def test_a_report_has_the_permissions_that_the_user_gives_to_files(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_evaluation(evaluation(), tmp_path / "image")
    finally:
        os.umask(before)
    assert (tmp_path / "image").stat().st_mode & 0o777 == 0o700


def test_a_place_that_is_yet_to_be_made_can_be_written(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_no_report_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="exists and is no report"):
        write_evaluation(evaluation(), tmp_path / "image")
    assert [path.name for path in tmp_path.iterdir()] == ["image"]
    assert (tmp_path / "image" / "thesis.txt").read_text() == "years of work"


def test_a_write_that_fails_leaves_the_earlier_report_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_evaluation(evaluation(), tmp_path / "image")

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(UsageError, match="No space left on device"):
        write_evaluation(evaluation(extra=b"second"), tmp_path / "image")
    assert [path.name for path in tmp_path.iterdir()] == ["image"]
    assert read_report(tmp_path / "image") == make_report()


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("train_mean:latest", "train_mean"),
        ("train_mean", "train_mean"),
        ("localhost:5000/team/img:1.2", "localhost_5000_team_img_1.2"),
        ("img@sha256:abc", "img_sha256_abc"),
    ],
)
def test_a_report_directory_is_named_after_the_image(reference: str, name: str) -> None:
    assert report_directory_name(reference) == name
