"""What the live view shows of an evaluation that is over."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.cli.live.results import Results
from runner.errors import EngineError, RunnerError
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.reports.report import Report
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, oracle
from tests.suite_builder import shared_suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


def kept(result: Report | RunnerError) -> str:
    """Return what is kept of a result."""
    names = {"image": SimpleNamespace(reference="a:1"), "suite": SimpleNamespace(name="v1")}
    first = cast("Any", SimpleNamespace(**names))
    results = Results()
    assert results.find("a:1", "v1") == ""
    results.see_evaluation(FinishedEvaluation(first, Path("a"), result))
    assert results.find("a:1", "v2") == ""
    return results.find("a:1", "v1")


def test_a_scored_evaluation_has_its_primary_score(suite: Suite) -> None:
    assert kept(evaluate_function(suite, oracle).report) == "MAE 0.0000"


def test_a_failed_one_has_its_outcome(suite: Suite) -> None:
    assert kept(evaluate_function(suite, oracle, exit_code=1).report) == "failed"


def test_one_that_the_engine_failed_has_no_report() -> None:
    assert kept(EngineError("The engine is gone.")) == "no report"
