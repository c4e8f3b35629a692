"""The straight line: per case, stage inputs -> run sandboxed -> read predictions -> score."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version

import docker

from runner.cases.case_runs import CaseRuns, Terms
from runner.cases.finished_cases import FinishedCases
from runner.cases.repetitions import JudgedCase, RunAgain, with_repetitions
from runner.cases.variants import Variant
from runner.contract.stat import InstanceTarget, Target
from runner.output.verdict import Verdict
from runner.reports.report import (
    CaseRecord,
    Evaluation,
    ImageRecord,
    Report,
    SuiteRecord,
    target_record,
    with_scores,
)
from runner.sandbox.engine import engine_version
from runner.sandbox.image import Image, image_warnings
from runner.sandbox.limits import Limits
from runner.sandbox.outcome import Outcome
from runner.sandbox.resources import forecast
from runner.sandbox.run import SandboxRun
from runner.sandbox.sandbox import open_sandbox
from runner.suites.suite import Actuals, Case, Suite


def evaluate(
    client: docker.DockerClient,
    image: Image,
    suite: Suite,
    terms: Terms,
    finished: FinishedCases,
    announce: Callable[[str], None],
) -> Evaluation:
    """Run one image on every case of a suite and score what it predicted.

    Each case is kept in ``finished`` as soon as its container is gone, and taken from there when
    the same evaluation is started again.

    Args:
        announce: called with one line of progress at a time.

    Raises:
        EngineError: the engine failed; nothing is known of the predictor. What has finished is
            kept, no report is written.
    """
    version_of_engine = engine_version(client)
    for warning in image_warnings(image):
        announce(f"warning: {image.reference}: {warning}")
    with open_sandbox(client, announce) as sandbox:
        if terms.policy.runtime or terms.policy.gpus:
            sandbox.try_policy(terms.policy)
        runs = CaseRuns(sandbox, image, suite, terms, finished, announce)
        first = list(runs.judged())
        again = _run_again(runs, first)
    files: dict[str, bytes] = {}
    for judged in first:
        files |= _case_files(judged.case, judged.run)
    report = with_scores(
        Report(
            runner_version=version("runner"),
            engine_version=version_of_engine,
            host=sandbox.findings,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=terms.seed,
            runtime=terms.policy.runtime,
            gpus=terms.policy.gpus,
            suite=SuiteRecord(
                name=suite.name,
                version=suite.manifest.version,
                digest=suite.digest,
                choices=suite.manifest.choices,
            ),
            image=ImageRecord(reference=image.reference, id=image.id, digests=image.digests),
            eval_run_specs=suite.eval_run_specs(),
            cases=tuple(_case_records(suite, first, terms.policy.limits)),
            scoring=suite.scoring,
        )
    )
    return Evaluation(with_repetitions(report, first, again), files)


def _run_again(runs: CaseRuns, first: Sequence[JudgedCase]) -> dict[Variant, RunAgain]:
    """Return the variants' runs; none if there is nothing to compare them with."""
    if any(judged.verdict.outcome is not Outcome.SCORED for judged in first):
        return {}
    again = {}
    for variant in runs.terms.variants:
        judged = list(replace(runs, variant=variant).judged())
        # The probe's targets have other names, so that they make no records.
        limits = runs.terms.policy.limits
        records = [] if variant.renames else _case_records(runs.suite, judged, limits)
        again[variant] = RunAgain(judged, records)
    return again


def _case_records(suite: Suite, cases: Sequence[JudgedCase], limits: Limits) -> list[CaseRecord]:
    return [
        _case_record(
            judged.case,
            judged.run,
            judged.verdict,
            judged.targets,
            suite.baselines(judged.case, judged.targets),
            limits,
        )
        for judged in cases
    ]


def _case_record(
    case: Case,
    run: SandboxRun,
    verdict: Verdict,
    actuals: Actuals,
    baselines: Mapping[Target | InstanceTarget, float | None],
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
