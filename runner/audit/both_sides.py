"""Twins on both sides of a case: train runs that tell what an eval run answered."""

from collections.abc import Iterable, Mapping, Sequence

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
    """Return a leak for each eval run of whose twins some are train runs.

    A twin has the eval run's scenario, and its deployment (a sweep), its model in another
    deployment, or a deployment that answers alike.

    Args:
        train, evaluated: the identities of the runs on each side, by name.
    """
    alike = {pair.deployments: pair for pair in twins}
    by_scenario: dict[str, list[str]] = {}
    for name, identity in train.items():
        by_scenario.setdefault(identity.scenario, []).append(name)
    leaks = []
    for name, identity in evaluated.items():
        reasons: dict[str, list[str]] = {}
        for other in by_scenario.get(identity.scenario, []):
            reason = _reason(identity, train[other], alike)
            if reason:
                reasons.setdefault(reason, []).append(other)
        leaks += [_leak(case, name, reason, names) for reason, names in reasons.items()]
    return leaks


def _reason(
    one: RunIdentity, other: RunIdentity, alike: Mapping[tuple[str, str], Twins]
) -> str | None:
    if one.model_deployment == other.model_deployment:
        return "its scenario and its deployment, as in a sweep, whose runs share instances"
    if one.model == other.model:
        return f"its scenario and its model, deployed as {other.model_deployment}"
    first, second = sorted((one.model_deployment, other.model_deployment))
    pair = alike.get((first, second))
    if pair is None:
        return None
    return (
        f"its scenario, and {first} and {second} answer {pair.same_share:.0%} of {pair.shared} "
        f"common requests alike, {pair.same_wrong_share:.0%} of those that one gets wrong"
    )


def _leak(case: str, name: str, reason: str, others: Sequence[str]) -> Leak:
    return Leak(
        kind="twins",
        case=case,
        file=layout.TRAIN_STATS,
        column="stats.mean",
        what=f"{name}: {len(others)} train runs have {reason}, e.g. {others[0]}",
        advice=ADVICE,
    )


def count_by_reason(leaks: Iterable[Leak]) -> dict[str, int]:
    """Return how many eval runs have twins for each reason, in words."""
    counts: dict[str, int] = {}
    for leak in leaks:
        reason = leak.what.partition(" train runs have ")[2].rpartition(", e.g. ")[0]
        counts[reason] = counts.get(reason, 0) + 1
    return counts
