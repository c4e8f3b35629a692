import json
from pathlib import Path

import pytest

from runner.errors import SuiteError
from runner.reports.report import ImageRecord, SuiteRecord, comparison_table, read_report
from runner.reports.report_directory import write_evaluation
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


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 99}', "[1, 2]"])
def test_what_is_no_report_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(SuiteError, match=r"report\.json: not a report"):
        read_report(tmp_path)


def test_where_no_report_is_it_is_told_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="Name the directory of one report"):
        read_report(tmp_path / "demo")


def test_the_table_has_a_predicted_and_an_actual_row_per_target() -> None:
    table = comparison_table(make_report())
    assert " ".join(table.columns) == (
        "run_spec source name mean min max count stddev sum sum_squared variance"
    )
    assert table["source"].tolist() == ["predicted", "actual"]
    assert table["name"].tolist() == [
        "predicted_exact_match split=test",
        "exact_match split=test",
    ]
    assert table["mean"].tolist() == [0.75, 0.5]


def test_a_target_without_prediction_keeps_its_actual_row() -> None:
    assert comparison_table(make_report(predicted=None))["source"].tolist() == ["actual"]


def test_evaluations_are_the_same_only_if_image_suite_seed_and_limits_are() -> None:
    report = make_report()
    case = report.cases[0].model_copy(update={"limits": {"cpus": 2.0}})
    others = [
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
