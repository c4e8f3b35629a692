"""Predictions scored in this process: no container, no sandbox, an answer in seconds."""

import time
from collections.abc import Mapping

from runner.api.checked import Place, checked
from runner.api.opened_reports import LocalScore
from runner.api.opened_suites import OpenedCase, OpenedSuite, open_suite
from runner.contract.layout import INSTANCE_PREDICTIONS, PREDICTIONS
from runner.contract.predictor import (
    Predictor,
    instance_predictions_to_json,
    predictions_to_json,
    run_predictor,
)
from runner.contract.stat import InstanceTarget, Stat
from runner.evaluation.local_report import local_report
from runner.evaluation.records import instance_target_records, target_records
from runner.files.scratch import scratch_directory
from runner.output.predictions import read_outputs
from runner.reports.baselines import find_baselines
from runner.reports.report import CaseRecord
from runner.sandbox.outcome import Outcome
from runner.sandbox.resources import ResourceUse
from runner.suites.staging import write_inputs
from runner.suites.suite import Suite


@checked
def score(
    case: OpenedCase,
    predictions: Mapping[str, list[Stat]],
    instance_predictions: Mapping[InstanceTarget, Stat] | None = None,
) -> LocalScore:
    """Return the scores of predictions on one case, by the same rules as a container's.

    Args:
        predictions: by ``run_spec.name``, one stat per target: ``target.predicted(mean)`` makes
            one, with the mean in the stat's own unit.
        instance_predictions: by instance target; only for suites that ask for them.

    Raises:
        InvalidOutputError: a target is predicted twice or not at all, or a stat is invalid.
        TypeError, ValueError: a value has the wrong type, or is not finite.
        SuiteError: the suite's private half, which has the actuals, is not there.
    """
    outputs = {PREDICTIONS: predictions_to_json({**predictions}).encode()}
    if case.instance_targets:
        text = instance_predictions_to_json(instance_predictions or {})
        outputs[INSTANCE_PREDICTIONS] = text.encode()
    suite = case.suite.suite
    return _score(suite, "predictions", [_record(suite, case, outputs, 0.0)])


@checked
def try_predictor(
    predictor: Predictor, suite: Place | OpenedSuite, *, seed: int | None = None
) -> LocalScore:
    """Run a predictor on every case of a suite in this process, and return its scores.

    This shows what the predictor computes. It does not show that the predictor works in the
    sandbox, with its limits and without a network.

    Args:
        suite: an open suite, e.g. one with its private half elsewhere, or its name or path as
            ``runner.open_suite`` takes it.
        seed: given to the predictor; by default the suite's.

    Raises:
        InvalidOutputError: its predictions break the contract.
        SuiteError: the suite can't be used.
        Exception: whatever the predictor raises.
    """
    if not isinstance(suite, OpenedSuite):
        with open_suite(suite) as opened:
            return try_predictor(predictor, opened, seed=seed)
    records = []
    for case in suite.cases:
        began = time.monotonic()
        outputs = _run(predictor, case, seed)
        records.append(_record(suite.suite, case, outputs, time.monotonic() - began))
    return _score(suite.suite, type(predictor).__name__, records)


def _run(predictor: Predictor, case: OpenedCase, seed: int | None) -> dict[str, bytes]:
    """Return the files that a predictor writes."""
    with scratch_directory() as scratch:
        output = scratch / "output"
        output.mkdir()
        suite = case.suite.suite
        write_inputs(suite.inputs(suite.case(case.id)), case.stage(seed), scratch / "input")
        run_predictor(predictor, scratch / "input", output)
        return {path.name: path.read_bytes() for path in output.iterdir()}


def _record(
    suite: Suite, opened: OpenedCase, outputs: Mapping[str, bytes], seconds: float
) -> CaseRecord:
    case = suite.case(opened.id)
    actuals = suite.actuals(case)
    predictions, instance_predictions = read_outputs(outputs, actuals.targets, suite.scoring)
    baselines = find_baselines(suite, case, actuals.targets)
    return CaseRecord(
        id=case.id,
        budget=case.budget,
        replicate=case.replicate,
        train_runs=opened.train_runs,
        eval_runs=opened.eval_runs,
        outcome=Outcome.SCORED,
        cause=None,
        message=None,
        exit_code=0,
        wall_seconds=seconds,
        limits=suite.limits.to_json(),
        targets=target_records(actuals, predictions.stats, baselines),
        instance_targets=instance_target_records(actuals, instance_predictions.stats, baselines),
        extra_predictions=(*predictions.extra, *instance_predictions.extra),
        output_files={},
        log_file="",
        resources=ResourceUse(
            seconds, sum(map(len, outputs.values())), len(outputs), None, None, is_sampled=False
        ),
        forecast=(),
        sandbox=None,
    )


def _score(suite: Suite, name: str, records: list[CaseRecord]) -> LocalScore:
    return LocalScore(local_report(suite, name, records))
