import json
from pathlib import Path

import pytest

from runner.errors import SuiteError
from runner.reports.report import MOST_BYTES, ImageRecord, SuiteRecord, read_report
from runner.reports.report_directory import write_evaluation
from tests.loaded_modules import loaded_by
from tests.unit.reports.builder import evaluation, make_report


def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write_evaluation(evaluation(), tmp_path / "out" / "image")
    assert read_report(tmp_path / "out" / "image") == make_report()
    assert (tmp_path / "out/image/case-1/container.log").read_bytes() == b"log"


def test_the_schema_has_a_version_and_the_fields_that_programs_read(tmp_path: Path) -> None:
    write_evaluation(evaluation(), tmp_path / "image")
    document = json.loads((tmp_path / "image" / "report.json").read_text())
    assert document["schema_version"] == 2
    case = document["cases"][0]
    assert (case["id"], case["outcome"], case["exit_code"]) == ("case-1", "scored", 0)
    assert case["targets"][0]["actual"]["mean"] == 0.5
    assert case["targets"][0]["predicted"]["mean"] == 0.75
    assert (document["scores"][0]["metric"], document["scores"][0]["value"]) == ("mae", 0.25)


def test_a_file_of_gibibytes_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "report.json").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(SuiteError, match=r"report\.json: no report, it has 1\.0 GiB"):
        read_report(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 99}', "[1, 2]"])
def test_what_is_no_report_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(SuiteError, match=r"report\.json: not a report"):
        read_report(tmp_path)


def test_where_no_report_is_it_is_told_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="Name the directory of one report"):
        read_report(tmp_path / "demo")


def test_evaluations_are_the_same_only_if_whose_they_are_and_what_was_asked_for_are() -> None:
    report = make_report()
    case = report.cases[0].model_copy(update={"limits": {"cpus": 2.0}})
    others = [
        report.model_copy(update={"submitter": "Team B"}),
        report.model_copy(update={"input_changes": ("shuffled",)}),
        report.model_copy(update={"image": ImageRecord(reference="image", id="x", digests=())}),
        report.model_copy(
            update={"suite": SuiteRecord(name="v1", version="1", digest="x", choices={})}
        ),
        report.model_copy(update={"seed": 2}),
        report.model_copy(update={"cases": (case,)}),
    ]
    assert all(other.run_identity != report.run_identity for other in others)
    later = report.model_copy(update={"created": "2027-01-01T00:00:00+00:00"})
    assert later.run_identity == report.run_identity


MODULES = "report, report_directory, verification, score_text, table"


@pytest.mark.parametrize("heavy", ["docker", "pandas"])
def test_reports_are_read_without_the_engines_sdk_and_pandas(heavy: str) -> None:
    assert heavy not in loaded_by(f"from runner.reports import {MODULES}")


@pytest.mark.parametrize(
    ("module", "heavy"),
    [("runner.sandbox.engine.engine", "docker"), ("runner.contract.frames", "pandas")],
)
def test_control_modules_that_need_them_load_them(module: str, heavy: str) -> None:
    assert heavy in loaded_by(f"import {module}")
