"""Evaluations of functions that stand for predictors: all of the line but the container."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from cachetools import LRUCache

from runner.contract.layout import INSTANCE_PREDICTIONS, PREDICTIONS
from runner.contract.limits import Limits
from runner.contract.predictor import instance_predictions_to_json, predictions_to_json
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.evaluation.records import case_files, case_record
from runner.evaluation.verdict import JudgedCase, judge
from runner.reports.records import report_records
from runner.reports.report import Evaluation, ImageRecord, Report, SuiteRecord
from runner.reports.scoring import with_scores
from runner.sandbox.outcome import ContainerEnd
from runner.sandbox.output_archive import Output
from runner.sandbox.resources import ResourceUse
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.actuals import Actuals
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_eval_run_specs

Predict = Callable[[Target | InstanceTarget, Stat], Stat | None]
"""A target and its actual -> the predicted stat, or None to leave it out."""


def oracle(target: Target | InstanceTarget, actual: Stat) -> Stat:
    """Return the actual itself."""
    assert actual.mean is not None
    return target.predicted(actual.mean)


@cache
def off_by(error: float) -> Predict:
    """Return what is off by this much on every target."""

    def predict(target: Target | InstanceTarget, actual: Stat) -> Stat:
        assert actual.mean is not None
        return target.predicted(actual.mean + error)

    return predict


def evaluate_function(
    suite: Suite, predict: Predict, image: str = "image", exit_code: int = 0
) -> Evaluation:
    """Return the evaluation of a function as if it had been in a container.

    Of a function of a module, or one of ``off_by``, it is made once.
    """
    # By identity: no two suites count as one, and a suite that is kept here stays what it is.
    made = _evaluations.get(key := (id(suite), predict, image, exit_code))
    if made is None:
        made = _evaluations[key] = (suite, _evaluate(suite, predict, image, exit_code))
    return replace(made[1], files=dict(made[1].files))


_evaluations: LRUCache[tuple[int, Predict, str, int], tuple[Suite, Evaluation]] = LRUCache(64)


def _evaluate(suite: Suite, predict: Predict, image: str, exit_code: int) -> Evaluation:
    records, files = [], {}
    for case in suite.cases:
        actuals = suite.actuals(case)
        outputs = written(actuals, predict)
        end = ContainerEnd(exit_code, wall_seconds=1.0)
        used = ResourceUse(1.0, 0, len(outputs), None, None, is_sampled=False)
        run = SandboxRun(end, Output(outputs, {}, False, 0, len(outputs)), b"log", used, None)
        verdict = judge(run, case.wanted_files, actuals.targets, Limits(), suite.scoring)
        judged = JudgedCase(case, run, verdict, actuals)
        records.append(case_record(suite, judged, Limits()))
        files.update(case_files(judged))
    report = Report(
        runner_version="0",
        engine_version="0",
        host=(),
        created="2026-01-02T03:04:05+00:00",
        seed=1,
        runtime=None,
        suite=SuiteRecord(name=suite.name, version="1", digest=suite.digest, choices={}),
        image=ImageRecord(reference=image, id=f"sha256:{image}", digests=()),
        eval_run_specs=read_eval_run_specs(suite),
        cases=tuple(records),
        scoring=suite.scoring,
    )
    return Evaluation(with_scores(report), files, report_records(report))


def written(actuals: Actuals, predict: Predict) -> dict[str, bytes]:
    """Return the files that a container would have written."""
    by_run: dict[str, list[Stat]] = {}
    for target, actual in actuals.stats.items():
        stat = predict(target, actual)
        by_run.setdefault(target.run_spec_name, []).extend([] if stat is None else [stat])
    files = {PREDICTIONS: predictions_to_json(by_run).encode()}
    of_instances = {
        target: stat
        for target, actual in actuals.instance_stats.items()
        if (stat := predict(target, actual)) is not None
    }
    if actuals.instance_stats:
        files[INSTANCE_PREDICTIONS] = instance_predictions_to_json(of_instances).encode()
    return files
