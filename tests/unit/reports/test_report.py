import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.contract import MetricName, Stat, Target
from runner.errors import SuiteError, UsageError
from runner.reports.report import (
    CaseRecord,
    Evaluation,
    ImageRecord,
    Report,
    SuiteRecord,
    comparison_table,
    read_report,
    target_record,
    with_scores,
)
from runner.reports.report_directory import (
    check_writable,
    report_directory_name,
    write_evaluation,
)
from runner.sandbox.attestation import Attestation
from runner.sandbox.engine.host import Finding, Level
from runner.sandbox.outcome import Outcome
from runner.sandbox.resources import ResourceUse

NAME = MetricName("exact_match", "test")
ACTUAL = Stat(NAME, count=1, sum=0.5, sum_squared=0.25, min=0.5, max=0.5, mean=0.5)
PREDICTED = Stat(MetricName("predicted_exact_match", "test"), count=1, mean=0.75)


def make_report(image_id: str = "sha256:a", predicted: Stat | None = PREDICTED) -> Report:
    case = CaseRecord(
        id="case-1",
        train_runs=("a",),
        eval_runs=("b",),
        outcome=Outcome.SCORED if predicted else Outcome.FAILED,
        cause=None,
        message=None,
        exit_code=0,
        wall_seconds=1.5,
        limits={"cpus": 1.0},
        targets=(target_record(Target("b", ACTUAL.name), ACTUAL, predicted),),
        extra_predictions=(),
        output_files={"predictions.json": "0" * 64},
        log_file="case-1/container.log",
        instance_targets=(),
        resources=ResourceUse(
            wall_seconds=1.5,
            output_bytes=4096,
            output_files=1,
            cpu_seconds=1.0,
            peak_memory_bytes=1 << 20,
            is_sampled=False,
        ),
        forecast=(),
        sandbox=Attestation({"User": "65534:65534"}, {"User": "65534:65534"}),
    )
    return with_scores(
        Report(
            runner_version="0",
            engine_version="0",
            host=(Finding("seccomp", Level.HELD, "on"),),
            created="2026-01-02T03:04:05+00:00",
            seed=1,
            runtime=None,
            gpus=0,
            suite=SuiteRecord(name="v1", version="1", digest="sha256:s", choices={}),
            image=ImageRecord(reference="image", id=image_id, digests=()),
            eval_run_specs={"b": {"run_spec.adapter_spec.model": "demo/model"}},
            cases=(case,),
        )
    )


def evaluation(report: Report | None = None, **files: bytes) -> Evaluation:
    contents: Mapping[str, bytes] = {"case-1/container.log": b"log", **files}
    return Evaluation(report or make_report(), contents)


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
