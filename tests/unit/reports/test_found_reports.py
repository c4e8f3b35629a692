import os
from errno import EACCES
from pathlib import Path

import pytest

from runner.errors import SuiteError, UsageError
from runner.reports.found_reports import find_reports, read_reports
from runner.reports.report import parse_report
from runner.reports.report_directory import write_evaluation
from tests.suite_builder import Said
from tests.unit.reports.builder import evaluation


def test_a_report_that_cannot_be_read_is_told_and_the_others_are_found(
    tmp_path: Path,
) -> None:
    write_evaluation(evaluation(), tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "report.json").write_text('{"schema_version": 99}')
    said = Said()
    found = read_reports(tmp_path, parse_report, said)
    assert list(found.reports) == [tmp_path / "a"]
    assert [fault.exit_code for fault in found.faults] == [3]
    assert said.lines == [f"left out: {tmp_path}/b/report.json: not a report of schema version 2"]


def test_of_many_that_cannot_be_read_the_first_are_told_and_how_many_others(
    tmp_path: Path,
) -> None:
    write_evaluation(evaluation(), tmp_path / "a")
    for number in range(12):
        (tmp_path / f"b{number:02}").mkdir()
        (tmp_path / f"b{number:02}" / "report.json").write_text("{}")
    said = Said()
    found = read_reports(tmp_path, parse_report, said)
    assert len(found.faults) == 12
    assert len(said.lines) == 11
    assert said.lines[9].startswith(f"left out: {tmp_path}/b09/report.json: ")
    assert said.lines[10] == "2 more reports are left out"


def test_control_reports_that_can_all_be_read_are_all_found(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_evaluation(evaluation(), tmp_path / name)
    found = read_reports(tmp_path, parse_report)
    assert list(found.reports) == [tmp_path / "a", tmp_path / "b"]
    assert found.faults == ()


def test_if_no_report_can_be_read_the_first_error_is_raised(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text("{")
    said = Said()
    with pytest.raises(SuiteError, match=r"a/report\.json: not a report"):
        read_reports(tmp_path, parse_report, said)
    assert [line.partition(": not")[0] for line in said.lines] == [
        f"left out: {tmp_path}/b/report.json"
    ]


def test_a_directory_without_reports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no report in it"):
        read_reports(tmp_path, parse_report)


def test_a_folder_whose_files_may_not_be_looked_at_costs_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_evaluation(evaluation(), tmp_path / "good")
    (tmp_path / "closed" / "report").mkdir(parents=True)
    (tmp_path / "link").symlink_to("closed/report")
    stat = os.stat

    def refuse(path: object, *args: object, **kwargs: bool) -> os.stat_result:
        if "closed/" in str(path) or ("link" in str(path) and kwargs.get("follow_symlinks", True)):
            raise PermissionError(EACCES, "Permission denied", str(path))
        return stat(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", refuse)
    assert find_reports(tmp_path) == [tmp_path / "closed", tmp_path / "good"]
