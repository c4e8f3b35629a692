"""What CI shows of an evaluation: GitHub's own Markdown, the public JUnit schema, canaries."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import xmlschema
from cmarkgfm import github_flavored_markdown_to_html

from runner.errors import EngineError
from runner.leaderboard.junit import junit_xml
from runner.leaderboard.published import CheckedReport, published_record
from runner.leaderboard.summary import MOST_CASES, summary
from runner.reports.report import Report
from runner.sandbox.outcome import Outcome
from runner.scores.gate import check_gate, read_gate
from runner.scores.rank_range import RankRange, Standing
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import run_files, stat, write_run
from tests.suite_builder import build_unaudited

SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[2] / "data" / "junit-10.xsd")
SPLIT = {"targets": ["exact_match"], "division": {"method": "leave_one_out", "by": "run"}}
CANARY = "0.7310"
"""Begins every actual of the suite."""

HOSTILE_NAME = "[team](https://evil.example)|<b>@all</b>\x1b[31m"
HOSTILE_MESSAGE = "GOLD ANSWERS: <script>alert(1)</script> ]]> \x1b[31m \ufffe"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    tmp_path = tmp_path_factory.mktemp("suite")
    for number in range(6):
        name = f"demo:subject={number},model=demo/model"
        means = [stat("exact_match", 0.731 + number / 100_000), stat("num_references", 2.0)]
        write_run(tmp_path / "runs", name, run_files(name, stats=means))
    return build_unaudited(tmp_path / "runs", tmp_path / "suite", **SPLIT)


def changed_case(report: Report, **changes: object) -> Report:
    """Return the report with changes of its second case, and as unfinished as that makes it."""
    first, second, *others = report.cases
    cases = (first, second.model_copy(update=changes), *others)
    return report.model_copy(update={"cases": cases, "scores": ()})


@pytest.fixture(scope="module")
def scored(suite: Suite) -> CheckedReport:
    report = evaluate_function(suite, off_by(0.1), "team/predictor").report
    gates = tuple(check_gate(read_gate(text), report.scores) for text in ("mae=0.2", "rmse=0.01"))
    return CheckedReport(report, gates, Standing(RankRange(2, 3), 7))


@pytest.fixture(scope="module")
def hostile(suite: Suite) -> CheckedReport:
    """Return an evaluation whose name and output are an attack on whoever looks at them."""
    report = evaluate_function(suite, off_by(0.1), HOSTILE_NAME).report
    return CheckedReport(
        changed_case(
            report,
            outcome=Outcome.INVALID_OUTPUT,
            cause="bad_number",
            message=HOSTILE_MESSAGE,
            extra_predictions=(HOSTILE_MESSAGE,),
        )
    )


def rendered(checked: CheckedReport) -> str:
    shown: str = github_flavored_markdown_to_html(summary(checked, is_closed=False))
    return shown


def test_a_summary_has_score_interval_rank_gates_and_outcomes(scored: CheckedReport) -> None:
    shown = rendered(scored)
    assert re.search(
        r"<h3><code>team/predictor</code> on <code>v1 1</code>: scored, but below the gate</h3>",
        shown,
    )
    first = re.search(r"<tbody>\s*<tr>(.*?)</tr>", shown, re.DOTALL)
    assert first is not None
    cells = re.findall(r"<td>(.*?)</td>", first[1])
    assert cells[:5] == ["<strong>MAE</strong>", "0.1000", "0.1000 to 0.1000", "6", "6"]
    assert "<li>rank 2-3, tied, of 7</li>" in shown
    assert "MAE 0.1000 (0.1000 to 0.1000) meets the gate: MAE at most 0.2" in shown
    assert "RMSE 0.1000 (0.1000 to 0.1000) is below the gate: RMSE at most 0.01" in shown
    assert shown.count("<td>scored</td>") == 6


def test_a_hostile_name_is_text_in_a_summary(hostile: CheckedReport) -> None:
    shown = rendered(hostile)
    allowed = {"h3", "code", "table", "thead", "tbody", "tr", "th", "td", "p"}
    assert set(re.findall(r"<(\w+)", shown)) == allowed
    assert "not scored: 1 of 6 cases not scored (invalid_output)" in shown
    assert "<td>invalid_output</td>\n<td>bad_number</td>" in shown
    assert "\x1b" not in shown


def test_of_very_many_cases_those_that_were_not_scored_are_named(scored: CheckedReport) -> None:
    cases = scored.report.cases * 40
    unfinished = cases[-1].model_copy(update={"id": "the-last", "outcome": Outcome.TIMED_OUT})
    many = scored.report.model_copy(update={"cases": (*cases[:-1], unfinished)})
    lines = summary(CheckedReport(many), is_closed=False).splitlines()
    assert sum("s of 600 s" in line for line in lines) == MOST_CASES
    assert any("`the-last` | timed_out" in line for line in lines)
    assert "and 140 scored" in lines


@pytest.mark.parametrize("name", ["scored", "hostile"])
def test_no_actual_and_no_text_of_a_predictor_is_published(
    name: str, request: pytest.FixtureRequest
) -> None:
    checked: CheckedReport = request.getfixturevalue(name)
    assert CANARY in checked.report.model_dump_json()  # the control: what is searched is there
    for text in (
        summary(checked, is_closed=True),
        json.dumps(published_record(checked)),
        junit_xml([checked], {}, is_closed=True).decode(),
    ):
        assert CANARY not in text
        assert "GOLD" not in text


def closed_texts(checked: CheckedReport) -> list[str]:
    """Return all that participants get of a closed evaluation, without what names it."""
    report = checked.report
    texts = [
        summary(checked, is_closed=True),
        json.dumps(published_record(checked)),
        junit_xml([checked], {}, is_closed=True).decode(),
    ]
    for known in (report.suite.digest, report.image.id, report.suite.name, "utf-8", "1.0"):
        texts = [text.replace(known, "") for text in texts]
    return texts


def with_digits_of_a_predictor(report: Report) -> Report:
    """Return the report with another value wherever a predictor that is scored could choose one."""
    cases = [
        case.model_copy(
            update={
                "wall_seconds": 123.456 + number,
                "exit_code": number,
                "extra_predictions": ("x",) * number,
                "forecast": (f"{number} of 512 MiB",),
            }
        )
        for number, case in enumerate(report.cases)
    ]
    scores = [
        score if score.metric == "mae" else replace(score, value=7.654321, low=7.0, high=8.0)
        for score in report.scores
    ]
    return report.model_copy(update={"cases": tuple(cases), "scores": tuple(scores)})


def test_a_closed_evaluation_shows_no_digit_but_of_the_primary_score(
    scored: CheckedReport,
) -> None:
    other = replace(scored, report=with_digits_of_a_predictor(scored.report))
    assert closed_texts(other) == closed_texts(scored)
    # The control: an open summary and panel have them.
    assert "123.5 s" in summary(other, is_closed=False)
    assert "7.6543" in summary(other, is_closed=False)
    assert "123.456" in junit_xml([other], {}, is_closed=False).decode()


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome != "scored"])
def test_one_word_tells_how_a_closed_evaluation_ended_however_many_cases_failed(
    scored: CheckedReport, outcome: Outcome
) -> None:
    first, *others = scored.report.cases
    one = scored.report.model_copy(
        update={"cases": (*others, first.model_copy(update={"outcome": outcome})), "scores": ()}
    )
    many = [
        each.model_copy(update={"outcome": outcome, "cause": "bad_number", "message": "GOLD"})
        for each in scored.report.cases
    ]
    all_ = one.model_copy(update={"cases": tuple(many)})
    texts = closed_texts(CheckedReport(one))
    assert texts == closed_texts(CheckedReport(all_))
    assert all(str(outcome) in text for text in texts)
    # The control: the open summary tells the two apart.
    assert summary(CheckedReport(one), is_closed=False) != summary(
        CheckedReport(all_), is_closed=False
    )


def test_a_fault_has_no_text_in_a_closed_panel() -> None:
    fault = {"lost on v1": EngineError("GOLD said the registry.")}
    assert b"GOLD" not in junit_xml([], fault, is_closed=True)
    assert b"engine_fault" in junit_xml([], fault, is_closed=True)
    assert b"GOLD" in junit_xml([], fault, is_closed=False)  # the control


def test_an_open_suites_junit_tells_an_author_what_is_wrong(hostile: CheckedReport) -> None:
    assert b"GOLD" in junit_xml([hostile], {}, is_closed=False)


def parsed(content: bytes) -> list[dict[str, int]]:
    """Return the counts of each suite, by what stands in it and not by what it says."""
    SCHEMA.validate(ET.ElementTree(ET.fromstring(content)))
    found = []
    for each in ET.fromstring(content):
        assert int(each.attrib["tests"]) == len(each.findall("testcase"))
        assert int(each.attrib["failures"]) == len(each.findall("testcase/failure"))
        assert int(each.attrib["errors"]) == len(each.findall("testcase/error"))
        found.append({name: int(each.attrib[name]) for name in ("tests", "failures", "errors")})
    return found


def test_junit_has_a_test_case_per_case_and_gate_a_failure_and_an_error(
    scored: CheckedReport, hostile: CheckedReport
) -> None:
    faults: Mapping[str, EngineError] = {"lost on v1": EngineError("The engine is gone.\x00")}
    content = junit_xml([scored, hostile], faults, is_closed=False)
    assert parsed(content) == [
        {"tests": 8, "failures": 1, "errors": 0},
        {"tests": 6, "failures": 1, "errors": 0},
        {"tests": 1, "failures": 0, "errors": 1},
    ]
    root = ET.fromstring(content)
    failures = [(each.get("type"), each.get("message")) for each in root.iter("failure")]
    assert failures[0][0] == "below_gate"
    assert failures[1] == ("invalid_output", "invalid_output: bad_number")
    (error,) = root.iter("error")
    assert error.attrib == {"type": "engine_fault", "message": "The engine is gone.\\x00"}


def test_the_schema_refuses_what_is_no_junit(scored: CheckedReport) -> None:
    """The control."""
    content = junit_xml([scored], {}, is_closed=False).replace(b"testcase", b"test")
    assert not SCHEMA.is_valid(ET.ElementTree(ET.fromstring(content)))
