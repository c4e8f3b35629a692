import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.reports.receipt import make_receipt
from runner.reports.report_directory import write_evaluation
from runner.reports.verification import verify_report
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited, shared_suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    """Return a suite of one case with stats of a run and of instances."""
    targets = [{"stat": "exact_match", "split": "test"}]
    return shared_suite(instance_targets=targets)


@pytest.fixture
def report(suite: Suite, tmp_path: Path) -> Path:
    """Return the directory of a good report."""
    write_evaluation(evaluate_function(suite, off_by(-0.05)), tmp_path / "report")
    return tmp_path / "report"


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def seal(directory: Path) -> None:
    """Write the receipt again, as one who forges a report would."""
    names = [path.relative_to(directory).as_posix() for path in directory.rglob("*.*")]
    files = {name: (directory / name).read_bytes() for name in names}
    for name, content in make_receipt(files).items():
        (directory / name).write_bytes(content)


def edit(directory: Path, **fields: Any) -> None:
    document = json.loads((directory / "report.json").read_text())
    (directory / "report.json").write_text(json.dumps(document | fields))
    seal(directory)


def test_a_good_report_is_verified_with_and_without_the_suite(report: Path, suite: Suite) -> None:
    assert verify_report(report, suite) == []
    assert verify_report(report, None) == []


@pytest.mark.parametrize(
    "name",
    [
        "report.json",
        "records.jsonl",
        "records.parquet",
        "case-1/predictions.json",
        "case-1/instance_predictions.json",
        "case-1/container.log",
        "SHA256SUMS",
    ],
)
@pytest.mark.parametrize("share", [0.0, 0.37, 0.99])
def test_a_flipped_byte_is_found_and_its_file_named(
    report: Path, suite: Suite, name: str, share: float
) -> None:
    path = report / name
    flip(path, int(share * (path.stat().st_size - 1)))
    found = verify_report(report, suite)
    assert found
    assert found[0].startswith(f"{name}: changed since")


def test_a_missing_and_an_added_file_are_found(report: Path) -> None:
    (report / "case-1/container.log").unlink()
    (report / "more.txt").write_text("more")
    assert verify_report(report, None) == [
        "case-1/container.log: missing; the report had it when it was written",
        "more.txt: added after the report was written",
    ]


def test_a_missing_receipt_is_found(report: Path) -> None:
    (report / "SHA256SUMS").unlink()
    assert verify_report(report, None)[0].startswith("SHA256SUMS: can't be read")


def test_a_forged_prediction_is_found_though_the_receipt_fits(report: Path, suite: Suite) -> None:
    path = report / "case-1/predictions.json"
    path.write_text(path.read_text().replace('"count": 1', '"count": 2'))
    seal(report)
    found = verify_report(report, suite)
    assert found[0].startswith("case-1/predictions.json: not what the container wrote")


def test_a_forged_score_is_found_though_the_receipt_fits(report: Path) -> None:
    scores = json.loads((report / "report.json").read_text())["scores"]
    scores[0]["value"] = 0.001
    edit(report, scores=scores)
    (found,) = verify_report(report, None)
    assert found.startswith("report.json: mae: is 0.001, but the targets give 0.0")


def test_a_forged_actual_is_found_by_the_suite(report: Path, suite: Suite) -> None:
    cases = json.loads((report / "report.json").read_text())["cases"]
    cases[0]["targets"][0]["actual"]["mean"] = cases[0]["targets"][0]["predicted"]["mean"]
    edit(report, cases=cases)
    found = verify_report(report, suite)
    assert any("not what the predictions and the actuals give" in line for line in found)


def test_another_suite_is_refused(report: Path, tmp_path: Path) -> None:
    other = build_unaudited(write_suite(tmp_path / "other"), tmp_path / "other_suite")
    (found,) = verify_report(report, other)
    assert "report.json: is of the suite v1 with the digest" in found


def test_a_case_that_was_not_scored_is_verified_as_well(suite: Suite, tmp_path: Path) -> None:
    write_evaluation(evaluate_function(suite, off_by(0), exit_code=1), tmp_path / "failed")
    assert verify_report(tmp_path / "failed", suite) == []


def test_the_command_names_what_it_finds_and_exits_with_3(report: Path, suite: Suite) -> None:
    good = CliRunner().invoke(cli, ["verify", str(report), "--suite", str(suite.root)])
    assert "verified against the suite v1" in good.output
    flip(report / "case-1/container.log", 0)
    bad = CliRunner().invoke(cli, ["verify", str(report), "--json"], standalone_mode=False)
    assert json.loads(bad.output)["findings"] == [
        "case-1/container.log: changed since the report was written"
    ]
    assert (good.return_value, bad.return_value) == (None, 3)


def test_a_missing_target_of_a_worst_error_policy_is_verified(tmp_path: Path) -> None:
    scoring = {"missing": "worst", "range": [0, 1]}
    suite = build_unaudited(write_suite(tmp_path), tmp_path / "suite", scoring=scoring)

    def silent(_: Target | InstanceTarget, __: Stat) -> Stat | None:
        return None

    evaluation = evaluate_function(suite, silent)
    assert evaluation.report.is_scored
    score = evaluation.report.score("mae")
    assert score is not None
    assert score.value == pytest.approx(0.7)  # the actual is 0.3 or 0.7
    assert score.missing == 1
    write_evaluation(evaluation, tmp_path / "report")
    assert verify_report(tmp_path / "report", suite) == []


def test_a_forged_score_at_a_budget_is_found(tmp_path: Path) -> None:
    suite = build_unaudited(
        write_suite(tmp_path), tmp_path / "suite", revealed={"instances": [1, 2]}
    )
    directory = tmp_path / "report"
    write_evaluation(evaluate_function(suite, off_by(-0.05)), directory)
    assert verify_report(directory, suite) == []  # the control
    document = json.loads((directory / "report.json").read_text())
    for score in document["budget_scores"]:
        score["value"] = (
            0.0 if (score["metric"], score["group"]) == ("mae", "2") else score["value"]
        )
    edit(directory, budget_scores=document["budget_scores"])
    (found,) = verify_report(directory, suite)
    assert found.startswith("report.json: mae at a budget of 2: is 0.0, but the targets give ")


@pytest.mark.parametrize(("field", "value"), [("instances", 400), ("sample_mean", 0.123)])
def test_what_a_target_weighs_and_is_compared_with_is_the_suites(
    report: Path, suite: Suite, field: str, value: float
) -> None:
    (case,) = json.loads((report / "report.json").read_text())["cases"]
    case["targets"][0][field] = value
    edit(report, cases=[case])
    assert any(
        "not what the predictions and the actuals" in each for each in verify_report(report, suite)
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"output_files": {"/dev/zero": "0" * 64}},
        {"output_files": {"..": "0" * 64}},
        {"id": "../other"},
        {"log_file": "case-1/../../other"},
    ],
)
def test_a_report_that_names_files_outside_of_it_is_refused(
    report: Path, fields: dict[str, Any]
) -> None:
    (case,) = json.loads((report / "report.json").read_text())["cases"]
    edit(report, cases=[case | fields])
    (found,) = verify_report(report, None)
    assert found.endswith("report.json: not a report of schema version 2")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": [1]},
        {"name": {}},
        {"name": {"name": "exact_match", "split": 3}},
        {"more": 1},
    ],
)
def test_an_actual_that_is_no_stat_is_named(report: Path, fields: dict[str, Any]) -> None:
    (case,) = json.loads((report / "report.json").read_text())["cases"]
    case["targets"][0]["actual"] |= fields
    edit(report, cases=[case])
    found = verify_report(report, None)
    assert any(line.startswith("report.json: case-1: an actual is no stat") for line in found)
