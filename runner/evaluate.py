"""The straight line: per case, stage inputs -> run sandboxed -> read predictions -> score."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import docker

from runner.contract.stat import Stat, Target
from runner.errors import EngineError
from runner.predictions import Cause, InvalidOutputError, Predictions, read_predictions
from runner.report import (
    CaseRecord,
    Evaluation,
    ImageRecord,
    Report,
    SuiteRecord,
    target_record,
)
from runner.sandbox.engine import Image, engine_version
from runner.sandbox.limits import Limits
from runner.sandbox.outcome import Outcome, describe_fault, predictor_fault
from runner.sandbox.run import SandboxRun, run_sandboxed
from runner.scoring import Scores, score
from runner.staging import StagedInputs, stage_inputs
from runner.suite import Case, Suite


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


def evaluate(
    client: docker.DockerClient,
    image: Image,
    suite: Suite,
    limits: Limits,
    seed: int,
    announce: Callable[[str], None],
) -> Evaluation:
    """Run one image on every case of a suite and score what it predicted.

    Args:
        seed: given to the predictor in the manifest.
        announce: called with one line of progress at a time.

    Raises:
        EngineError: the engine failed; nothing is known of the predictor, and nothing is written.
    """
    version_of_engine = engine_version(client)
    records, files = [], {}
    predicted: dict[Target, Stat] = {}
    actual: dict[Target, Stat] = {}
    for number, case in enumerate(suite.cases, start=1):
        progress = f"{image.reference} on {suite.name}, {case.id} ({number} of {len(suite.cases)})"
        announce(f"{progress}: running, at most {limits.wall_seconds:g} s")
        staged = stage_inputs(
            case.inputs, suite=suite.name, case=case.id, seed=seed, limits=limits.to_json()
        )
        run = _run_case(client, image, staged, limits, announce)
        verdict = judge(run, case, limits)
        record = _case_record(case, run, verdict, limits)
        announce(f"{progress}: {verdict.outcome} after {run.end.wall_seconds:.1f} s")
        records.append(record)
        files.update(_case_files(case, run))
        predicted.update(verdict.predictions.stats)
        actual.update(case.actuals.stats)
    all_scored = all(record.outcome is Outcome.SCORED for record in records)
    report = Report(
        runner_version=version("runner"),
        engine_version=version_of_engine,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=seed,
        suite=SuiteRecord(name=suite.name, digest=suite.digest, choices=suite.choices),
        image=ImageRecord(reference=image.reference, id=image.id, digests=image.digests),
        cases=tuple(records),
        scores=score(predicted, actual) if all_scored else None,
    )
    return Evaluation(report, files)


def _run_case(
    client: docker.DockerClient,
    image: Image,
    staged: StagedInputs,
    limits: Limits,
    announce: Callable[[str], None],
) -> SandboxRun:
    """Run one case; after an engine fault, which tells nothing of the predictor, run it again."""
    attempt = 1
    while True:
        try:
            return run_sandboxed(client, image, staged.files, limits, announce)
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


def judge(run: SandboxRun, case: Case, limits: Limits) -> Verdict:
    """Return the outcome of a run that is over, and its predictions if they count."""
    fault = predictor_fault(run.end)
    if fault is not None:
        return Verdict(fault, None, describe_fault(fault, run.end, limits), NO_PREDICTIONS)
    if run.output.predictions is None:
        return Verdict(Outcome.INVALID_OUTPUT, Cause.NO_OUTPUT, run.output.reason, NO_PREDICTIONS)
    try:
        predictions = read_predictions(run.output.predictions, list(case.actuals.stats))
    except InvalidOutputError as error:
        return Verdict(Outcome.INVALID_OUTPUT, error.cause, str(error), NO_PREDICTIONS)
    return Verdict(Outcome.SCORED, None, None, predictions)


def _case_record(case: Case, run: SandboxRun, verdict: Verdict, limits: Limits) -> CaseRecord:
    predicted = verdict.predictions.stats
    return CaseRecord(
        id=case.id,
        train_runs=case.train_runs,
        eval_runs=case.eval_runs,
        outcome=verdict.outcome,
        cause=verdict.cause,
        message=verdict.message,
        exit_code=run.end.exit_code,
        wall_seconds=run.end.wall_seconds,
        limits=limits.to_json(),
        targets=tuple(
            target_record(target.run_spec_name, stat, predicted.get(target))
            for target, stat in case.actuals.stats.items()
        ),
        extra_predictions=verdict.predictions.extra,
        predictions_file=_predictions_file(case) if run.output.predictions is not None else None,
        predictions_sha256=_sha256(run.output.predictions),
        log_file=_log_file(case),
        scores=_case_scores(verdict, case.actuals.stats),
    )


def _case_scores(verdict: Verdict, actual: Mapping[Target, Stat]) -> Scores | None:
    return score(verdict.predictions.stats, actual) if verdict.outcome is Outcome.SCORED else None


def _case_files(case: Case, run: SandboxRun) -> dict[str, bytes]:
    """Return the predictions exactly as the container wrote them, and its log."""
    files = {_log_file(case): run.log}
    if run.output.predictions is not None:
        files[_predictions_file(case)] = run.output.predictions
    return files


def _predictions_file(case: Case) -> str:
    return f"predictions/{case.id}.json"


def _log_file(case: Case) -> str:
    return f"logs/{case.id}.log"


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()
