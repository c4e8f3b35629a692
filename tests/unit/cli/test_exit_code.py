"""The exit code of a batch in which several things went wrong."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from runner.cli.exit_code import exit_code
from runner.errors import BugError, EngineError, RunnerError, SuiteError, UsageError
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.evaluation.passes import Pass
from runner.evaluation.run_options import RunSettings
from runner.reports.report import Report
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.suites.suite import Suite
from tests.suite_builder import shared_suite
from tests.unit.reports.builder import make_report

SCORED, FAILED = make_report(), make_report(predicted=None)
MISSING = [UsageError("no such image")]


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


def code(
    suite: Suite,
    *results: Report | RunnerError,
    left_out: Sequence[RunnerError] = (),
    below: bool = False,
) -> int:
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    first = Pass(Image("a:1", "sha256:a"), suite, settings, FinishedCases(Path("finished")))
    finished = [FinishedEvaluation(first, Path("a"), result) for result in results]
    return exit_code(finished, left_out, is_below_gate=below)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(BugError("a"), 1), (UsageError("a"), 2), (SuiteError("a"), 3), (EngineError("a"), 5)],
)
def test_an_image_without_a_report_decides_the_code(
    suite: Suite, error: RunnerError, expected: int
) -> None:
    assert code(suite, SCORED, error) == expected


def test_control_reports_alone_are_0_or_the_predictors_fault(suite: Suite) -> None:
    assert code(suite, SCORED) == 0
    assert code(suite, SCORED, FAILED) == 4
    assert code(suite, SCORED, below=True) == 6


def test_of_several_faults_a_bug_comes_first_and_the_gate_last(suite: Suite) -> None:
    assert code(suite, EngineError("a"), BugError("b"), FAILED, left_out=MISSING, below=True) == 1
    assert code(suite, SuiteError("b"), EngineError("a"), FAILED, left_out=MISSING, below=True) == 5
    assert code(suite, FAILED, left_out=MISSING, below=True) == 2
    assert code(suite, FAILED, left_out=[*MISSING, EngineError("b")]) == 5
    assert code(suite, FAILED, below=True) == 4
