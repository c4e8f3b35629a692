"""A spec's cases: each division once or in several draws, and with each budget. Pure."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from runner.building.divisions import CasePlan, divide, draw_sampled, match_explicit
from runner.building.extrapolation import Means, extrapolate, mean_scores
from runner.building.holdout import hold_out
from runner.errors import SuiteError
from runner.suites.division_spec import (
    Explicit,
    Extrapolate,
    Holdout,
    KFold,
    LeaveOneOut,
    Sampled,
)
from runner.suites.groups import find_sweeps
from runner.suites.manifest import RunRecord
from runner.suites.spec import SuiteSpec
from runner.suites.twins import Twins, twin_groups

Group = tuple[str, tuple[str, ...]]
"""Why runs stay together, and their names."""


def replicate_rngs(spec: SuiteSpec) -> dict[int, random.Random]:
    """Return what draws the runs of each replicate: the first one has the spec's own seed."""
    return {
        replicate: random.Random(spec.seed + replicate - 1)  # noqa: S311  (a draw to repeat)
        for replicate in range(1, spec.division.replicates + 1)
    }


def run_rng(spec: SuiteSpec, replicate: int, name: str) -> random.Random:
    """Return what draws the revealed instances of a run; whatever other runs there are."""
    return random.Random(f"{spec.seed + replicate - 1} {name}")  # noqa: S311  (as above)


def draw_plans(
    spec: SuiteSpec, names: Sequence[str], rngs: Mapping[int, random.Random]
) -> list[CasePlan]:
    """Return the cases of a division that needs only names; none for the others.

    Raises:
        SuiteError: there are too few runs, or a pattern matches none.
    """
    if isinstance(spec.division, Sampled):
        plans = {n: [draw_sampled(names, spec.division, rng)] for n, rng in rngs.items()}
    elif isinstance(spec.division, Explicit):
        plans = dict.fromkeys(rngs, match_explicit(names, spec.division))
    else:
        return []
    return _numbered(spec, plans)


def divide_plans(
    spec: SuiteSpec,
    records: Mapping[str, RunRecord],
    drawn: Sequence[CasePlan],
    rngs: Mapping[int, random.Random],
    twins: Sequence[Twins],
    means: Means,
) -> tuple[list[CasePlan], list[Group]]:
    """Return the cases, and the groups of runs that were kept on one side of each.

    Args:
        drawn: the cases, if names alone made them.
        means: of the targets.

    Raises:
        SuiteError: the runs can't be divided like this.
    """
    identities = {name: record.identity for name, record in records.items()}
    groups: list[Group] = []
    if "sweeps" in spec.keep_together:
        groups += [("sweeps", tuple(names)) for names in find_sweeps(identities)]
    if "twins" in spec.keep_together:
        groups += [("twins", tuple(names)) for names in twin_groups(identities, twins)]
    together = [names for _, names in groups]
    division = spec.division
    if isinstance(division, Holdout):
        held = {n: hold_out(identities, division, together, rng) for n, rng in rngs.items()}
        return _numbered(spec, held), groups
    if isinstance(division, KFold | LeaveOneOut):
        divided = {n: divide(identities, division, together, rng) for n, rng in rngs.items()}
        return _numbered(spec, divided), groups
    if isinstance(division, Extrapolate):
        values = division.order.values or mean_scores(identities, division, means)
        plans = extrapolate(identities, division, values, together)
        return _numbered(spec, dict.fromkeys(rngs, plans)), groups
    return [_keep_together(spec, plan, groups) for plan in drawn], groups


def _numbered(spec: SuiteSpec, plans: Mapping[int, Sequence[CasePlan]]) -> list[CasePlan]:
    """Return the cases of all replicates, which their ids name if there are several."""
    several = spec.division.replicates > 1
    return [
        replace(plan, id=f"{plan.id}-replicate-{n}" if several else plan.id, replicate=n)
        for n, of_replicate in plans.items()
        for plan in of_replicate
    ]


def with_budgets(spec: SuiteSpec, plans: Iterable[CasePlan]) -> list[CasePlan]:
    """Return each case with each budget, which its id names if there are several."""
    budgets = spec.revealed.budgets
    several = isinstance(spec.revealed.instances, tuple)
    return [
        replace(plan, id=f"{plan.id}-budget-{budget}" if several else plan.id, budget=budget)
        for plan in plans
        for budget in budgets
    ]


def _keep_together(spec: SuiteSpec, plan: CasePlan, groups: Iterable[Group]) -> CasePlan:
    """Return the case without the train runs that are in one group with an eval run."""
    evaluated = set(plan.eval)
    grouped = [
        (name, kind)
        for kind, names in groups
        if evaluated.intersection(names)
        for name in names
        if name in plan.train
    ]
    if not grouped:
        return plan
    if isinstance(spec.division, Explicit):
        name, kind = grouped[0]
        raise SuiteError(
            f"{plan.id}: {name} is a train run, but keep_together has {kind}, and it is in one "
            f"group with an eval run. Leave it out of train, or {kind} out of keep_together."
        )
    away = {name for name, _ in grouped}
    train = tuple(name for name in plan.train if name not in away)
    if not train:
        raise SuiteError(
            f"{plan.id}: every train run drawn is in one group with the eval run {plan.eval[0]}. "
            "Draw more train runs, use another seed, or keep fewer groups together."
        )
    return replace(plan, train=train)
