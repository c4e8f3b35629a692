"""Twins on both sides of a case: train runs that reveal what an eval run answered."""

from collections.abc import Mapping, Sequence

from runner.audit.leak import Leak
from runner.contract import layout
from runner.suites.groups import RunIdentity
from runner.suites.twins import Twins

ADVICE = "Keep such runs together (keep_together), choose runs with a glob, or another seed"


def find_twins_on_both_sides(
    case: str,
    train: Mapping[str, RunIdentity],
    evaluated: Mapping[str, RunIdentity],
    twins: Sequence[Twins],
) -> list[Leak]:
    """Return a leak for each reason for which train runs are twins of eval runs.

    A twin has the eval run's scenario, and its deployment (a sweep), its model in another
    deployment, or a deployment that answers alike.

    Args:
        train, evaluated: the identities of the runs on each side, by name.
    """
    alike = {pair.deployments: pair for pair in twins}
    by_scenario: dict[str, list[str]] = {}
    for name, identity in train.items():
        by_scenario.setdefault(identity.scenario, []).append(name)
    found: dict[str, list[tuple[str, str]]] = {}
    for name, identity in evaluated.items():
        for other in by_scenario.get(identity.scenario, []):
            reason = _reason(identity, train[other], alike)
            if reason:
                found.setdefault(reason, []).append((name, other))
    return [_leak(case, reason, pairs) for reason, pairs in found.items()]


def _reason(
    one: RunIdentity, other: RunIdentity, alike: Mapping[tuple[str, str], Twins]
) -> str | None:
    if one.model_deployment == other.model_deployment:
        return "their scenario and their deployment, as in a sweep, whose runs share instances"
    if one.model == other.model:
        return f"their scenario and their model, deployed as {other.model_deployment}"
    first, second = sorted((one.model_deployment, other.model_deployment))
    pair = alike.get((first, second))
    if pair is None:
        return None
    return f"their scenario, and {pair}"


def _leak(case: str, reason: str, pairs: Sequence[tuple[str, str]]) -> Leak:
    name, other = pairs[0]
    return Leak(
        kind="twins",
        case=case,
        file=layout.TRAIN_STATS,
        column="stats.mean",
        what=f"eval runs that have a train run with {reason}: {len({name for name, _ in pairs})}, "
        f"e.g. {name} and {other}",
        advice=ADVICE,
    )
