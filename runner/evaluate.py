"""The straight line: per case, stage inputs -> run sandboxed -> read predictions -> score."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import docker

from runner.errors import EngineError
from runner.finished_cases import CaseKey, FinishedCases
from runner.report import (
    CaseRecord,
    Evaluation,
    ImageRecord,
    Report,
    SuiteRecord,
    score_cases,
    target_record,
)
from runner.sandbox.engine import Image, engine_version
from runner.sandbox.limits import Limits
from runner.sandbox.run import SandboxRun, run_sandboxed
from runner.staging import stage_inputs
from runner.suites.suite import Actuals, Case, Suite
from runner.verdict import Verdict, judge

ATTEMPTS = 3
"""How often a case is run, at most, when the engine fails."""


@dataclass(frozen=True)
class Terms:
    """What all cases of an evaluation are run under.

    Attributes:
        limits: what the predictor may use.
        seed: given to the predictor in the manifest.
        rerun: whether cases that have finished before are run again.
    """

    limits: Limits
    seed: int
    rerun: bool = False


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
    records, files = [], {}
    for number, case in enumerate(suite.cases, start=1):
        progress = f"{image.reference} on {suite.name}, {case.id} ({number} of {len(suite.cases)})"
        run = _finish_case(client, image, suite, case, terms, finished, announce, progress)
        actuals = suite.actuals(case)  # not before: the container is gone
        verdict = judge(run, case, actuals, terms.limits)
        announce(f"{progress}: {verdict.outcome} after {run.end.wall_seconds:.1f} s")
        records.append(_case_record(case, run, verdict, actuals, terms.limits))
        files.update(_case_files(case, run))
    report = Report(
        runner_version=version("runner"),
        engine_version=version_of_engine,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=terms.seed,
        suite=SuiteRecord(
            name=suite.name,
            version=suite.manifest.version,
            digest=suite.digest,
            choices=suite.manifest.choices,
        ),
        image=ImageRecord(reference=image.reference, id=image.id, digests=image.digests),
        eval_run_specs=suite.eval_run_specs(),
        cases=tuple(records),
        scores=score_cases([record.targets for record in records]),
        instance_scores=score_cases([record.instance_targets for record in records]),
    )
    return Evaluation(report, files)


def _finish_case(
    client: docker.DockerClient,
    image: Image,
    suite: Suite,
    case: Case,
    terms: Terms,
    finished: FinishedCases,
    announce: Callable[[str], None],
    progress: str,
) -> SandboxRun:
    """Return what the case's container left: now, or when the case was run before."""
    limits = terms.limits.to_json()
    key = CaseKey(image.id, suite.digest, case.id, terms.seed, limits)
    earlier = None if terms.rerun else finished.find(key)
    if earlier is not None:
        announce(f"{progress}: has finished before (--rerun runs it again)")
        return earlier
    announce(f"{progress}: running, at most {terms.limits.wall_seconds:g} s")
    staged = stage_inputs(suite.inputs(case), seed=terms.seed, limits=limits)
    run = _run_case(client, image, staged.files, case.wanted_files, terms.limits, announce)
    finished.keep(key, run)
    return run


def _run_case(
    client: docker.DockerClient,
    image: Image,
    files: Mapping[str, bytes],
    wanted: Sequence[str],
    limits: Limits,
    announce: Callable[[str], None],
) -> SandboxRun:
    """Run one case; after an engine fault, which tells nothing of the predictor, run it again."""
    attempt = 1
    while True:
        try:
            return run_sandboxed(client, image, files, limits, announce, wanted)
        except EngineError as error:
            if was_interrupted(error):
                raise KeyboardInterrupt from error
            if attempt == ATTEMPTS:
                raise
            announce(f"{error} Trying again ({attempt} of {ATTEMPTS - 1}).")
            time.sleep(attempt)
            attempt += 1


def was_interrupted(error: BaseException | None) -> bool:
    """Return whether the error came up while an interrupt was on its way out."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _case_record(
    case: Case, run: SandboxRun, verdict: Verdict, actuals: Actuals, limits: Limits
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
            target_record(target, stat, predicted.get(target))
            for target, stat in actuals.stats.items()
        ),
        instance_targets=tuple(
            target_record(target, stat, instance_predicted.get(target))
            for target, stat in actuals.instance_stats.items()
        ),
        extra_predictions=(*verdict.predictions.extra, *verdict.instance_predictions.extra),
        output_files={
            name: hashlib.sha256(content).hexdigest() for name, content in run.output.files.items()
        },
        log_file=_log_file(case),
    )


def _case_files(case: Case, run: SandboxRun) -> dict[str, bytes]:
    """Return the predictions exactly as the container wrote them, and its log."""
    outputs = {f"{case.id}/{name}": content for name, content in run.output.files.items()}
    return {_log_file(case): run.log, **outputs}


def _log_file(case: Case) -> str:
    return f"{case.id}/container.log"
