"""What ``runner report`` says besides the scores."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.evaluation.records import suite_record
from runner.pages.report_page import report_page
from runner.reports.report import Evaluation
from runner.reports.report_directory import write_evaluation
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite

SHARED: dict[str, Any] = {"method": "leave_one_out", "by": "run"}
DISJOINT = {"method": "holdout", "by": "run", "share": 0.5, "cases": 2}


def evaluated(division: dict[str, Any]) -> Evaluation:
    suite = shared_suite(runs=6, division=division, accept=["twins", "derivable"])
    made = evaluate_function(suite, off_by(0.1))
    report = made.report.model_copy(update={"suite": suite_record(suite)})
    return replace(made, report=report)


@pytest.mark.parametrize(("division", "is_told"), [(SHARED, True), (DISJOINT, False)])
def test_the_channel_that_remains_is_told_of_a_suite_whose_cases_share_runs_alone(
    tmp_path: Path, division: dict[str, Any], is_told: bool
) -> None:
    made = evaluated(division)
    write_evaluation(made, tmp_path / "report")
    shown = CliRunner().invoke(cli, ["report", str(tmp_path / "report")], standalone_mode=False)
    said = "the cases share runs: "
    remains = "by the time that the files of the image take to read"
    pages = [report_page(made.report, with_actuals=given) for given in (True, False)]
    for text in (shown.stdout, *(page.replace("&#39;", "'") for page in pages)):
        assert (said in text) == (remains in text) == is_told
    assert ("is an eval run of case-1, and a train run of case-2" in shown.stdout) == is_told


@pytest.mark.parametrize(
    ("column", "group"), [("replicate", "1"), ("instances", "4"), ("error", "0.09"), ("case", "c")]
)
def test_scores_are_shown_by_any_column_also_one_of_numbers(
    tmp_path: Path, column: str, group: str
) -> None:
    write_evaluation(evaluated(DISJOINT), tmp_path / "report")
    given = ["report", str(tmp_path / "report"), "--by", column]
    shown = CliRunner().invoke(cli, given, standalone_mode=False)
    assert shown.exception is None
    table = shown.stdout.partition(f"by {column} ")[2].splitlines()
    assert table[1].startswith(group)
    as_json = CliRunner().invoke(cli, [*given, "--json"], standalone_mode=False)
    of_column = [s for s in json.loads(as_json.stdout)["scores"] if s["category"] == column]
    assert {type(score["group"]) for score in of_column} == {str}
