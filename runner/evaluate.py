"""The straight line: per case, stage inputs -> run sandboxed -> read predictions -> score."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import docker

from runner.contract.layout import PREDICTIONS
from runner.contract.stat import Stat, Target
from runner.errors import EngineError
from runner.finished_cases import CaseKey, FinishedCases
from runner.predictions import Cause, InvalidOutputError, Predictions, read_predictions
from runner.report import (
    CaseRecord,
    Evaluation,
    ImageRecord,
    Report,
    SuiteRecord,
    target_record,
)
from runner.sandbox.engine import engine_version
from runner.sandbox.image import Image
from runner.sandbox.limits import Limits
from runner.sandbox.outcome import Outcome, describe_fault, predictor_fault
from runner.sandbox.run import SandboxRun
from runner.sandbox.sandbox import run_sandboxed
from runner.scoring import Scores, score
from runner.staging import stage_inputs
from runner.suites.suite import Actuals, Case, Suite


@dataclass(frozen=True)
class Verdict:
    """What a container's run is worth: its outcome, and the predictions if they are valid."""

    outcome: Outcome
    cause: Cause | None
    message: str | None
    predictions: Predictions


NO_PREDICTIONS = Predictions({}, ())

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
    predicted: dict[Target, Stat] = {}
    actual: dict[Target, Stat] = {}
    for number, case in enumerate(suite.cases, start=1):
        progress = f"{image.reference} on {suite.name}, {case.id} ({number} of {len(suite.cases)})"
        run = _finish_case(client, image, suite, case, terms, finished, announce, progress)
        actuals = suite.actuals(case)
        verdict = judge(run, actuals, terms.limits)
        announce(f"{progress}: {verdict.outcome} after {run.end.wall_seconds:.1f} s")
        records.append(_case_record(case, run, verdict, actuals, terms.limits))
        files.update(_case_files(case, run))
        predicted.update(verdict.predictions.stats)
        actual.update(actuals.stats)
    all_scored = all(record.outcome is Outcome.SCORED for record in records)
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
        scores=score(predicted, actual) if all_scored else None,
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
    run = _run_case(client, image, staged.files, terms.limits, announce)
    finished.keep(key, run)
    return run


def _run_case(
    client: docker.DockerClient,
    image: Image,
    files: Mapping[str, bytes],
    limits: Limits,
    announce: Callable[[str], None],
) -> SandboxRun:
    """Run one case; after an engine fault, which tells nothing of the predictor, run it again."""
    attempt = 1
    while True:
        try:
            return run_sandboxed(client, image, files, limits, announce)
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


def judge(run: SandboxRun, actuals: Actuals, limits: Limits) -> Verdict:
    """Return the outcome of a run that is over, and its predictions if they count."""
    fault = predictor_fault(run.end)
    if fault is not None:
        return Verdict(fault, None, describe_fault(fault, run.end, limits), NO_PREDICTIONS)
    content = run.output.files.get(PREDICTIONS)
    if content is None:
        reason = run.output.reasons[PREDICTIONS]
        return Verdict(Outcome.INVALID_OUTPUT, Cause.NO_OUTPUT, reason, NO_PREDICTIONS)
    try:
        predictions = read_predictions(content, list(actuals.stats))
    except InvalidOutputError as error:
        return Verdict(Outcome.INVALID_OUTPUT, error.cause, str(error), NO_PREDICTIONS)
    return Verdict(Outcome.SCORED, None, None, predictions)


def _case_record(
    case: Case, run: SandboxRun, verdict: Verdict, actuals: Actuals, limits: Limits
) -> CaseRecord:
    predicted = verdict.predictions.stats
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
            target_record(target.run_spec_name, stat, predicted.get(target))
            for target, stat in actuals.stats.items()
        ),
        extra_predictions=verdict.predictions.extra,
        output_files={
            name: hashlib.sha256(content).hexdigest() for name, content in run.output.files.items()
        },
        log_file=_log_file(case),
        scores=_case_scores(verdict, actuals.stats),
    )


def _case_scores(verdict: Verdict, actual: Mapping[Target, Stat]) -> Scores | None:
    return score(verdict.predictions.stats, actual) if verdict.outcome is Outcome.SCORED else None


def _case_files(case: Case, run: SandboxRun) -> dict[str, bytes]:
    """Return the predictions exactly as the container wrote them, and its log."""
    outputs = {f"{case.id}/{name}": content for name, content in run.output.files.items()}
    return {_log_file(case): run.log, **outputs}


def _log_file(case: Case) -> str:
    return f"{case.id}/container.log"
