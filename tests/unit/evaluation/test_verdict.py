import json
from collections.abc import Mapping

import pytest

from runner.contract import InstanceTarget, MetricName, Stat, Target
from runner.contract.limits import Limits
from runner.contract.predictor import instance_predictions_to_json, predictions_to_json
from runner.evaluation.verdict import Verdict, judge
from runner.output.findings import Cause
from runner.sandbox.outcome import ContainerEnd, Outcome
from runner.sandbox.output_archive import Output
from runner.sandbox.resources import ResourceUse
from runner.sandbox.sandbox_run import SandboxRun
from runner.scores.policy import ScoringPolicy
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_targets
from tests.suite_builder import shared_suite

NO_FILE = "the predictor wrote no such file"
NAME = MetricName("exact_match", "test")


@pytest.fixture
def suite() -> Suite:
    targets = [{"stat": "exact_match", "split": "test"}]
    return shared_suite(instance_targets=targets)


def verdict_on(suite: Suite, files: Mapping[str, str], exit_code: int = 0) -> Verdict:
    """Return the verdict on a container that left these files."""
    end = ContainerEnd(exit_code, wall_seconds=1.0)
    found = {name: text.encode() for name, text in files.items()}
    (case,) = suite.cases
    reasons = {name: NO_FILE for name in case.wanted_files if name not in found}
    output = Output(found, reasons, full=False, bytes_used=0, file_count=len(found))
    used = ResourceUse(1.0, 0, len(found), None, None, is_sampled=False)
    run = SandboxRun(end, output, b"", used, None)
    return judge(run, case.wanted_files, read_targets(suite, case), Limits(), ScoringPolicy())


def predictions(suite: Suite) -> str:
    run = suite.cases[0].eval_runs[0].name
    return predictions_to_json({run: [Target(run, NAME).predicted(0.5)]})


def instance_predictions(suite: Suite) -> str:
    targets = suite.actuals(suite.cases[0]).instance_stats
    by_target: dict[InstanceTarget, Stat] = {target: target.predicted(1.0) for target in targets}
    return instance_predictions_to_json(by_target)


def test_both_files_together_are_scored(suite: Suite) -> None:
    files = {
        "predictions.json": predictions(suite),
        "instance_predictions.json": instance_predictions(suite),
    }
    verdict = verdict_on(suite, files)
    assert (verdict.outcome, verdict.message) == (Outcome.SCORED, None)
    assert [stat.mean for stat in verdict.predictions.stats.values()] == [0.5]
    assert [stat.mean for stat in verdict.instance_predictions.stats.values()] == [1.0, 1.0]
    failed = verdict_on(suite, files, exit_code=3)
    assert (failed.outcome, len(failed.predictions.stats)) == (Outcome.FAILED, 0)


@pytest.mark.parametrize("lacking", ["predictions.json", "instance_predictions.json"])
def test_each_file_that_a_case_wants_is_needed(suite: Suite, lacking: str) -> None:
    files = {
        "predictions.json": predictions(suite),
        "instance_predictions.json": instance_predictions(suite),
    }
    del files[lacking]
    verdict = verdict_on(suite, files)
    assert (verdict.outcome, verdict.cause) == (Outcome.INVALID_OUTPUT, Cause.NO_OUTPUT)


def test_a_finding_names_its_file(suite: Suite) -> None:
    broken = json.dumps({"contract_version": 1, "predictions": {}})
    files = {"predictions.json": predictions(suite), "instance_predictions.json": broken}
    verdict = verdict_on(suite, files)
    assert verdict.cause is Cause.MISSING_TARGET
    assert str(verdict.message).startswith("instance_predictions.json: ")
