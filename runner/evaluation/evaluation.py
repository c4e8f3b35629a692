"""The straight line: per case, stage inputs -> run sandboxed -> read predictions -> score."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from runner.code_version import own_version
from runner.contract.limits import Limits
from runner.errors import EngineError
from runner.evaluation.executor import Executor
from runner.evaluation.input_changes import InputChange
from runner.evaluation.passes import CaseProgress, Pass, run_passes
from runner.evaluation.repetitions import JudgedCase, RunAgain, with_repetitions
from runner.evaluation.verdict import Verdict
from runner.reports.baselines import Baselines, find_baselines
from runner.reports.report import (
    CaseRecord,
    Evaluation,
    ImageRecord,
    Report,
    SuiteRecord,
    target_record,
    with_scores,
)
from runner.sandbox.engine.image import image_warnings
from runner.sandbox.outcome import Outcome
from runner.sandbox.resources import forecast
from runner.sandbox.run import SandboxRun
from runner.suites.public_suite import Case, PublicSuite
from runner.suites.suite import Actuals


def evaluate(
    passes: Sequence[Pass], executor: Executor, progress: CaseProgress
) -> Iterator[tuple[Pass, Evaluation | EngineError]]:
    """Run images on every case of their suites, in one pool, and score what they predicted.

    Each case is kept as soon as its container is gone, and taken from there when the same
    evaluation is started again.

    Args:
        passes: the first one of each evaluation.

    Yields:
        Each evaluation when the last of its cases is over. One of which a case could not be run, by
        a fault of the engine, gives that fault: nothing is known of the predictor then, but what
        has finished is kept.
    """
    for one in passes:
        for warning in image_warnings(one.image):
            progress.say(f"warning: {one.image.reference}: {warning}")
    repeated: list[Pass] = []
    for number, fault in run_passes([[one] for one in passes], executor, progress):
        judged = [] if fault else list(passes[number].judged())
        if fault is not None:
            yield passes[number], fault
        elif passes[number].settings.input_changes and _are_scored(judged):
            repeated.append(passes[number])
        else:
            yield passes[number], _evaluation(passes[number], judged, {}, executor)
    further = [one.further() for one in repeated]
    for number, fault in run_passes(further, executor, progress):
        one, again = repeated[number], further[number]
        found = fault or _evaluation(one, list(one.judged()), _run_again(again), executor)
        yield one, found


def _are_scored(judged: Sequence[JudgedCase]) -> bool:
    """Return whether there is something to compare further runs with."""
    return all(one.verdict.outcome is Outcome.SCORED for one in judged)


def _run_again(further: Sequence[Pass]) -> dict[InputChange, RunAgain]:
    again = {}
    for one in further:
        judged = list(one.judged())
        # The probe's targets have other names, so that they make no records.
        limits = one.settings.policy.limits
        records = [] if one.input_change.renames else _case_records(one.suite, judged, limits)
        again[one.input_change] = RunAgain(judged, records)
    return again


def _evaluation(
    one: Pass,
    judged: Sequence[JudgedCase],
    again: Mapping[InputChange, RunAgain],
    executor: Executor,
) -> Evaluation:
    """Return the report, with scores, and the files beside it."""
    suite, image, settings = one.suite, one.image, one.settings
    files: dict[str, bytes] = {}
    for each in judged:
        files |= _case_files(each.case, each.run)
    report = with_scores(
        Report(
            runner_version=own_version(),
            engine_version=executor.engine_version,
            host=executor.findings,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=settings.seed,
            runtime=settings.policy.runtime,
            gpus=settings.policy.gpus,
            suite=SuiteRecord(
                name=suite.name,
                version=suite.manifest.version,
                digest=suite.digest,
                choices=suite.manifest.choices,
            ),
            image=ImageRecord(reference=image.reference, id=image.id, digests=image.digests),
            eval_run_specs=suite.eval_run_specs(),
            cases=tuple(_case_records(suite, judged, settings.policy.limits)),
            scoring=suite.scoring,
        )
    )
    return Evaluation(with_repetitions(report, judged, again), files)


def _case_records(
    suite: PublicSuite, cases: Sequence[JudgedCase], limits: Limits
) -> list[CaseRecord]:
    return [
        _case_record(
            judged.case,
            judged.run,
            judged.verdict,
            judged.actuals,
            find_baselines(suite, judged.case, judged.actuals.targets),
            limits,
        )
        for judged in cases
    ]


def _case_record(
    case: Case,
    run: SandboxRun,
    verdict: Verdict,
    actuals: Actuals,
    baselines: Baselines,
    limits: Limits,
) -> CaseRecord:
    predicted = verdict.predictions.stats
    instance_predicted = verdict.instance_predictions.stats
    return CaseRecord(
        id=case.id,
        train_runs=tuple(run.name for run in case.train_runs),
        eval_runs=tuple(run.name for run in case.eval_runs),
        outcome=verdict.outcome,
        cause=verdict.cause,
        message=verdict.message,
        exit_code=run.end.exit_code,
        wall_seconds=run.end.wall_seconds,
        limits=limits.to_json(),
        targets=tuple(
            target_record(target, stat, predicted.get(target), baselines[target])
            for target, stat in actuals.stats.items()
        ),
        instance_targets=tuple(
            target_record(target, stat, instance_predicted.get(target), baselines[target])
            for target, stat in actuals.instance_stats.items()
        ),
        extra_predictions=(*verdict.predictions.extra, *verdict.instance_predictions.extra),
        output_files={
            name: hashlib.sha256(content).hexdigest() for name, content in run.output.files.items()
        },
        log_file=_log_file(case),
        resources=run.resources,
        forecast=tuple(forecast(run.resources, limits)),
        sandbox=run.attestation,
    )


def _case_files(case: Case, run: SandboxRun) -> dict[str, bytes]:
    """Return the predictions exactly as the container wrote them, and its log."""
    outputs = {f"{case.id}/{name}": content for name, content in run.output.files.items()}
    return {_log_file(case): run.log, **outputs}


def _log_file(case: Case) -> str:
    return f"{case.id}/container.log"
