"""Evaluations as JUnit XML, for the test panels of CI systems.

One test case per case of the suite; if the suite is closed, one per evaluation. A failure is an
outcome other than ``scored``, an error a fault of the engine or of the runner. Each gate is one
more test case. Schema: junit-10.xsd of Jenkins' xUnit plugin.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from runner.errors import EngineError, RunnerError
from runner.leaderboard.published import CheckedReport, published_gate
from runner.reports.report import CaseRecord
from runner.sandbox.outcome import Outcome
from runner.scores.gate import GateResult
from runner.untrusted import printable

BEGINNING = b"<?xml"
"""How every such file begins."""


def junit_xml(
    checked: Sequence[CheckedReport], faults: Mapping[str, RunnerError], *, is_closed: bool
) -> bytes:
    """Return the XML.

    Args:
        faults: those of evaluations without a report, by the evaluation's name.
        is_closed: whether each evaluation is one test case, with its outcome word alone.
    """
    root = ET.Element("testsuites")
    for each in checked:
        (_add_outcome if is_closed else _add_evaluation)(root, each)
    for title, fault in faults.items():
        suite = _add_suite(root, title, tests=1, failures=0, errors=1)
        case = ET.SubElement(suite, "testcase", name="evaluation", classname=printable(title))
        kind = "engine_fault" if isinstance(fault, EngineError) else "runner_fault"
        message = kind if is_closed else printable(str(fault))
        ET.SubElement(case, "error", type=kind, message=message)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _add_outcome(root: ET.Element, checked: CheckedReport) -> None:
    """Add an evaluation as one test case: no case, no time."""
    report = checked.report
    title = f"{report.image.reference} on {report.suite.name}"
    is_scored = report.meets_policy
    below = [result for result in checked.gates if not result.is_met]
    failures = len(below) + (not is_scored)
    suite = _add_suite(root, title, tests=1 + len(checked.gates), failures=failures, errors=0)
    case = ET.SubElement(suite, "testcase", name="evaluation", classname=printable(title))
    if not is_scored:
        ET.SubElement(case, "failure", type=checked.outcome, message=checked.outcome)
    for result in checked.gates:
        _add_gate(suite, title, result, published_gate(result))


def _add_evaluation(root: ET.Element, checked: CheckedReport) -> None:
    report = checked.report
    title = f"{report.image.reference} on {report.suite.name}"
    failed = [case for case in report.cases if case.outcome is not Outcome.SCORED]
    below = [result for result in checked.gates if not result.is_met]
    tests = len(report.cases) + len(checked.gates)
    suite = _add_suite(root, title, tests, failures=len(failed) + len(below), errors=0)
    suite.set("time", f"{sum(case.wall_seconds for case in report.cases):.3f}")
    suite.set("timestamp", report.created)
    for case in report.cases:
        _add_case(suite, title, case)
    for result in checked.gates:
        _add_gate(suite, title, result, str(result))


def _add_suite(root: ET.Element, title: str, tests: int, failures: int, errors: int) -> ET.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors)}
    return ET.SubElement(root, "testsuite", {"name": printable(title), **counts})


def _add_case(suite: ET.Element, title: str, case: CaseRecord) -> None:
    seconds = f"{case.wall_seconds:.3f}"
    element = ET.SubElement(
        suite, "testcase", name=printable(case.id), classname=printable(title), time=seconds
    )
    if case.outcome is not Outcome.SCORED:
        cause = str(case.outcome) if case.cause is None else f"{case.outcome}: {case.cause}"
        failure = ET.SubElement(element, "failure", type=str(case.outcome), message=cause)
        failure.text = printable(case.message or "")


def _add_gate(suite: ET.Element, title: str, result: GateResult, message: str) -> None:
    name = f"gate: {result.gate}"
    element = ET.SubElement(suite, "testcase", name=name, classname=printable(title))
    if not result.is_met:
        ET.SubElement(element, "failure", type="below_gate", message=message)
