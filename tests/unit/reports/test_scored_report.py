"""A report of which a leaderboard reads only what it needs, its run specs once for many."""

import json
from pathlib import Path
from typing import Any

import pytest

from runner.reports.records import report_records
from runner.reports.report import parse_report
from runner.reports.scored_report import ScoredReport, parse_scored
from runner.scores.records import name_runs
from tests.unit.reports.builder import make_report

SPEC = {
    "run_spec.scenario_spec.class_name": "helm.MMLUScenario",
    "run_spec.scenario_spec.args.subject": "law",
    "run_spec.adapter_spec.model": "demo/model",
    "run_spec.groups": ["a", "b"],
}


def read(content: str) -> ScoredReport:
    return parse_scored(Path("report.json"), content.encode())


def written(spec: dict[str, Any] = SPEC, **said: Any) -> str:
    report = make_report().model_copy(update={"eval_run_specs": {"b": spec}, **said})
    return report.model_dump_json(indent=2)


def test_run_specs_are_read_once_for_all_reports_on_a_suite() -> None:
    one, other = read(written()), read(written(submitter="team-a"))
    assert one.eval_run_specs is other.eval_run_specs


def test_control_other_run_specs_are_read_too() -> None:
    other = read(written({**SPEC, "run_spec.adapter_spec.model": "demo/other"}))
    assert name_runs(other.eval_run_specs)["model"].to_list() == ["demo/other"]


def compact(content: str) -> str:
    return json.dumps(json.loads(content))


def with_the_key_twice(content: str) -> str:
    document = json.loads(content)
    document["suite"]["choices"] = {"eval_run_specs": {"b": {"a": 1}}}
    return json.dumps(document, indent=2)


def with_the_key_escaped(content: str) -> str:
    return content.replace("{", '{"eval_run_sp\\u0065cs": {},', 1)


def with_no_runs(content: str) -> str:
    return json.dumps({**json.loads(content), "eval_run_specs": {}}, indent=2)


@pytest.mark.parametrize(
    "change", [compact, with_the_key_twice, with_the_key_escaped, with_no_runs]
)
def test_in_another_form_it_is_read_as_the_whole_report_is(change: Any) -> None:
    content = change(written())
    whole = report_records(parse_report(Path("report.json"), content.encode()), name_runs)
    assert report_records(read(content), name_runs).equals(whole)
