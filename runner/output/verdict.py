"""What a container's run is worth: its outcome, and its predictions if they count. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from runner.contract.layout import INSTANCE_PREDICTIONS, PREDICTIONS
from runner.output.findings import Cause, Finding, InvalidOutputError
from runner.output.predictions import (
    InstancePredictions,
    Predictions,
    read_instance_predictions,
    read_predictions,
)
from runner.sandbox.limits import Limits
from runner.sandbox.outcome import Outcome, describe_fault, predictor_fault
from runner.sandbox.run import SandboxRun
from runner.scores.policy import ScoringPolicy
from runner.suites.suite import Case, Targets

NO_PREDICTIONS = Predictions({}, ())
NO_INSTANCE_PREDICTIONS = InstancePredictions({}, ())


@dataclass(frozen=True)
class Verdict:
    """What a container's run is worth.

    Attributes:
        cause: of the outcome ``invalid_output``: the first finding's.
        message: what happened, for the author; None if the case is scored.
        findings, finding_count: of the output, those that are kept in words, and all.
        predictions, instance_predictions: empty unless the case is scored.
    """

    outcome: Outcome
    cause: Cause | None
    message: str | None
    predictions: Predictions = NO_PREDICTIONS
    instance_predictions: InstancePredictions = NO_INSTANCE_PREDICTIONS
    findings: tuple[Finding, ...] = ()
    finding_count: int = 0


def judge(
    run: SandboxRun, case: Case, targets: Targets, limits: Limits, policy: ScoringPolicy
) -> Verdict:
    """Return the verdict on a run that is over.

    Args:
        targets: the case's.
        policy: says whether a target that is not predicted voids the case.
    """
    fault = predictor_fault(run.end)
    if fault is not None:
        return Verdict(fault, None, describe_fault(fault, run.end, limits))
    for name in case.wanted_files:
        if name not in run.output.files:
            return Verdict(Outcome.INVALID_OUTPUT, Cause.NO_OUTPUT, run.output.reasons[name])
    try:
        predictions, instance_predictions = read_outputs(run.output.files, targets, policy)
    except InvalidOutputError as error:
        return Verdict(
            Outcome.INVALID_OUTPUT,
            error.cause,
            str(error),
            findings=error.findings,
            finding_count=error.count,
        )
    return Verdict(Outcome.SCORED, None, None, predictions, instance_predictions)


def read_outputs(
    files: Mapping[str, bytes], targets: Targets, policy: ScoringPolicy
) -> tuple[Predictions, InstancePredictions]:
    """Return what the files of a container predict.

    Raises:
        InvalidOutputError: one breaks the contract; the message begins with its name.
    """
    all_needed = policy.worst_error is None
    predictions, instance_predictions = NO_PREDICTIONS, NO_INSTANCE_PREDICTIONS
    name = PREDICTIONS
    try:
        if targets.stats:
            predictions = read_predictions(files[name], targets.stats, all_needed)
        name = INSTANCE_PREDICTIONS
        if targets.instance_stats:
            instance_predictions = read_instance_predictions(
                files[name], targets.instance_stats, all_needed
            )
    except InvalidOutputError as error:
        error.file = name
        raise
    return predictions, instance_predictions
