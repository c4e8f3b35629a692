"""The verdict on a container's run: its outcome, and its predictions if they count. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from runner.contract.limits import Limits
from runner.contract.targets import Targets
from runner.output.findings import Cause, Finding, InvalidOutputError
from runner.output.predictions import (
    NO_INSTANCE_PREDICTIONS,
    NO_PREDICTIONS,
    InstancePredictions,
    Predictions,
    read_outputs,
)
from runner.sandbox.outcome import Outcome, describe_fault, predictor_fault
from runner.sandbox.sandbox_run import SandboxRun
from runner.scores.policy import ScoringPolicy
from runner.suites.actuals import Actuals
from runner.suites.public_suite import SuiteCase


@dataclass(frozen=True)
class Verdict:
    """The verdict on a container's run.

    Attributes:
        cause: for the outcome ``invalid_output``, the cause of the first finding.
        message: what happened, for the author; None if the case is scored.
        findings: those of the output that are recorded.
        predictions, instance_predictions: empty unless the case is scored.
    """

    outcome: Outcome
    cause: Cause | None
    message: str | None
    predictions: Predictions = NO_PREDICTIONS
    instance_predictions: InstancePredictions = NO_INSTANCE_PREDICTIONS
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class JudgedCase:
    """A case, its container's output, the verdict on it, and the actuals used for that."""

    case: SuiteCase
    run: SandboxRun
    verdict: Verdict
    actuals: Actuals


def judge(
    run: SandboxRun,
    wanted_files: Iterable[str],
    targets: Targets,
    limits: Limits,
    policy: ScoringPolicy,
) -> Verdict:
    """Return the verdict on a run that is over.

    Args:
        wanted_files, targets: the case's.
        policy: says whether a target that is not predicted voids the case.
    """
    fault = predictor_fault(run.end)
    if fault is not None:
        return Verdict(fault, None, describe_fault(fault, run.end, limits))
    for name in wanted_files:
        if name not in run.output.files:
            return Verdict(Outcome.INVALID_OUTPUT, Cause.NO_OUTPUT, run.output.reasons[name])
    try:
        predictions, instance_predictions = read_outputs(run.output.files, targets, policy)
    except InvalidOutputError as error:
        return Verdict(Outcome.INVALID_OUTPUT, error.cause, str(error), findings=error.findings)
    return Verdict(Outcome.SCORED, None, None, predictions, instance_predictions)
