"""The records of an evaluation: its report, made from judged cases, and the files beside it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from threading import Condition
from typing import Any

import polars as pl
from cachetools import LRUCache, cached

from runner.code_version import own_version
from runner.contract.limits import Limits
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.evaluation.executor import Executor
from runner.evaluation.input_changes import InputChange
from runner.evaluation.passes import Pass
from runner.evaluation.repetitions import RunAgain, with_repetitions
from runner.evaluation.verdict import JudgedCase
from runner.reports.baselines import Baselines, find_baselines
from runner.reports.fact_sheet import read_facts
from runner.reports.records import report_records
from runner.reports.report import (
    CaseRecord,
    Evaluation,
    ImageRecord,
    Report,
    SuiteRecord,
    TargetRecord,
)
from runner.reports.scoring import target_record, with_scores
from runner.sandbox.engine.image import Image
from runner.sandbox.resources import forecast
from runner.scores.records import describe_runs
from runner.suites.actuals import Actuals
from runner.suites.public_suite import PublicSuite, SuiteCase
from runner.suites.sharing import find_shared
from runner.suites.suite_frames import read_eval_run_specs

MOST_SUITES = 8
"""How many suites' run specs and shared runs stay cached, for the next images."""


def make_evaluation(
    first: Pass,
    judged: Sequence[JudgedCase],
    again: Mapping[InputChange, RunAgain],
    executor: Executor,
) -> Evaluation:
    """Return the report, with scores, and the files beside it.

    Args:
        judged: every case of the first pass.
        again: the same cases of the further passes.
        executor: what ran the cases; the report describes its engine.
    """
    suite, image, settings = first.suite, first.image, first.settings
    report = Report(
        runner_version=own_version(),
        engine_version=executor.engine_version,
        host=executor.findings,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=settings.seed,
        runtime=settings.policy.runtime,
        suite=suite_record(suite),
        image=image_record(image),
        input_changes=tuple(change.name for change in settings.input_changes),
        eval_run_specs=eval_run_specs(suite),
        cases=tuple(case_records(suite, judged, settings.policy.limits)),
        scoring=suite.scoring,
    )
    files: dict[str, bytes] = {}
    for each in judged:
        files |= case_files(each)
    records = report_records(report, lambda _specs: _described_runs(suite))
    scored = with_scores(report, records)
    return Evaluation(with_repetitions(scored, judged, again), files, records)


def image_record(image: Image) -> ImageRecord:
    """Return what a report records about an image."""
    return ImageRecord(
        reference=image.reference,
        id=image.id,
        digests=image.digests,
        facts=read_facts(image.labels),
    )


def suite_record(suite: PublicSuite) -> SuiteRecord:
    """Return what a report records about its suite."""
    return SuiteRecord(
        name=suite.name,
        version=suite.manifest.version,
        description=suite.manifest.description,
        license=suite.manifest.license,
        digest=suite.digest,
        choices=suite.manifest.choices,
        shared_run=_shared_run(suite),
    )


@cached(LRUCache(MOST_SUITES), key=lambda suite: suite.digest, condition=Condition())
def _shared_run(suite: PublicSuite) -> str | None:
    """Return which run cases share, in words; it is looked for once for all images."""
    shared = find_shared(suite)
    return None if shared is None else str(shared)


@cached(LRUCache(MOST_SUITES), key=lambda suite: suite.digest, condition=Condition())
def eval_run_specs(suite: PublicSuite) -> dict[str, dict[str, Any]]:
    """Return the run specs of the eval runs; they are read once for all images."""
    return read_eval_run_specs(suite)


@cached(LRUCache(MOST_SUITES), key=lambda suite: suite.digest, condition=Condition())
def _described_runs(suite: PublicSuite) -> pl.DataFrame:
    """Return the columns of the eval runs; they are found once for all images."""
    return describe_runs(eval_run_specs(suite))


def case_records(
    suite: PublicSuite, cases: Sequence[JudgedCase], limits: Limits
) -> list[CaseRecord]:
    """Return the record of each case, with its targets' baselines."""
    return [case_record(suite, judged, limits) for judged in cases]


def case_record(suite: PublicSuite, judged: JudgedCase, limits: Limits) -> CaseRecord:
    """Return the record of a case that is over.

    Args:
        limits: those that the container had.
    """
    case, run, verdict, actuals = judged.case, judged.run, judged.verdict, judged.actuals
    baselines = find_baselines(suite, case, actuals.targets)
    return CaseRecord(
        id=case.id,
        budget=case.budget,
        replicate=case.replicate,
        train_runs=tuple(run.name for run in case.train_runs),
        eval_runs=tuple(run.name for run in case.eval_runs),
        outcome=verdict.outcome,
        cause=verdict.cause,
        message=verdict.message,
        exit_code=run.end.exit_code,
        wall_seconds=run.end.wall_seconds,
        limits=limits.to_json(),
        targets=target_records(actuals, verdict.predictions.stats, baselines),
        instance_targets=instance_target_records(
            actuals, verdict.instance_predictions.stats, baselines
        ),
        extra_predictions=(*verdict.predictions.extra, *verdict.instance_predictions.extra),
        output_files={
            name: hashlib.sha256(content).hexdigest() for name, content in run.output.files.items()
        },
        log_file=_log_file(case),
        inputs_sha256=suite.inputs_digests[case.id],
        resources=run.resources,
        forecast=tuple(forecast(run.resources, limits)),
        sandbox=run.attestation,
    )


def target_records(
    actuals: Actuals, predicted: Mapping[Target, Stat], baselines: Baselines
) -> tuple[TargetRecord, ...]:
    """Return the record of each run's target, in the order of the actuals."""
    return tuple(
        target_record(target, stat, predicted.get(target), baselines[target], actuals.bases[target])
        for target, stat in actuals.stats.items()
    )


def instance_target_records(
    actuals: Actuals, predicted: Mapping[InstanceTarget, Stat], baselines: Baselines
) -> tuple[TargetRecord, ...]:
    """Return the record of each instance's target, in the order of the actuals."""
    return tuple(
        target_record(target, stat, predicted.get(target), baselines[target])
        for target, stat in actuals.instance_stats.items()
    )


def case_files(judged: JudgedCase) -> dict[str, bytes]:
    """Return the predictions exactly as the container wrote them, and its log."""
    case, run = judged.case, judged.run
    outputs = {f"{case.id}/{name}": content for name, content in run.output.files.items()}
    return {_log_file(case): run.log, **outputs}


def _log_file(case: SuiteCase) -> str:
    return f"{case.id}/container.log"
