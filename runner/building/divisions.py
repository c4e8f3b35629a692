"""Divisions: which runs a case trains on and which it evaluates. Pure."""

import difflib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runner.errors import SuiteError
from runner.suites.division_spec import By, Explicit, KFold, LeaveOneOut, Sampled
from runner.suites.groups import RunIdentity, merge_overlapping


@dataclass(frozen=True)
class CasePlan:
    """The names of the runs on each side of one case, both in the order of the runs found.

    Attributes:
        replicate: the draw that it is of, from 1.
        budget: how many instances of each eval run are revealed; None for all.
    """

    id: str
    train: tuple[str, ...]
    eval: tuple[str, ...]
    replicate: int = 1
    budget: int | None = None


def draw_sampled(names: Sequence[str], division: Sampled, rng: random.Random) -> CasePlan:
    """Return the one case of a draw without replacement; the last name drawn is the eval run.

    Source: magnet.predictor.Predictor.prepare_all_dataframes (aiq-magnet 0.1.0), whose draws
    these are, so that the same runs and seed give MAGNET's own division.

    Raises:
        SuiteError: fewer runs than the division needs.
    """
    needed = division.train_runs + 1
    if len(names) < needed:
        raise SuiteError(
            f"{len(names)} runs found, but {division.train_runs} train runs and one eval run need "
            f"{needed}: name more runs, or ask for fewer train runs."
        )
    *train, evaluated = rng.sample(list(names), needed)
    return CasePlan("case-1", tuple(name for name in names if name in train), (evaluated,))


def match_explicit(names: Sequence[str], division: Explicit) -> list[CasePlan]:
    """Return the listed cases, their patterns replaced by the runs that they match.

    Raises:
        SuiteError: a pattern matches no run, or a run stands on both sides of a case.
    """
    plans = []
    for number, case in enumerate(division.cases, start=1):
        train, evaluated = _match(names, case.train, number), _match(names, case.eval, number)
        both = [name for name in train if name in set(evaluated)]
        if both:
            raise SuiteError(
                f"division.cases.{number}: {both[0]} stands in train and in eval. Make one of the "
                "two patterns narrower."
            )
        plans.append(CasePlan(f"case-{number}", train, evaluated))
    return plans


def _match(names: Sequence[str], patterns: Iterable[str], number: int) -> tuple[str, ...]:
    wanted: set[str] = set()
    for pattern in patterns:
        matched = {name for name in names if name == pattern or fnmatchcase(name, pattern)}
        if not matched:
            near = difflib.get_close_matches(pattern, names, n=1, cutoff=0) or names
            raise SuiteError(
                f"division.cases.{number}: {pattern!r} matches none of the runs found. One of them "
                f"is named {near[0]}"
            )
        wanted |= matched
    return tuple(name for name in names if name in wanted)


def divide(
    runs: Mapping[str, RunIdentity],
    division: KFold | LeaveOneOut,
    groups: Iterable[Iterable[str]],
    rng: random.Random,
) -> list[CasePlan]:
    """Return cases; each evaluates one part of the runs and trains on all others.

    Args:
        runs: by name, in the order of the runs found.
        groups: names of runs that must stay on one side; parts that share a group become one.

    Raises:
        SuiteError: fewer than two parts are left, or fewer than folds.
    """
    units: dict[str, list[str]] = {}
    for name, identity in runs.items():
        units.setdefault(unit_of(name, identity, division.by), []).append(name)
    parts = merge_overlapping([*units.values(), *groups], list(runs))
    if isinstance(division, KFold):
        parts = fold(parts, division.folds, division.by, rng)
    if len(parts) < 2:  # noqa: PLR2004
        raise SuiteError(
            f"By {division.by} there is only one part of the {len(runs)} runs: nothing would be "
            "left to train on. Divide by something else, or keep fewer groups together."
        )
    plans = []
    for number, part in enumerate(parts, start=1):
        train = tuple(name for name in runs if name not in part)
        evaluated = tuple(name for name in runs if name in part)
        plans.append(CasePlan(f"case-{number}", train, evaluated))
    return plans


def unit_of(name: str, identity: RunIdentity, by: By) -> str:
    """Return what of a run a division by this keeps in one part."""
    return {
        "run": name,
        "scenario": identity.scenario,
        "model": identity.model,
        "model_deployment": identity.model_deployment,
        "scenario_model": f"{identity.scenario} {identity.model}",
    }[by]


def fold(parts: Sequence[set[str]], count: int, by: By, rng: random.Random) -> list[set[str]]:
    """Return folds of about the same number of runs: the largest part to the emptiest fold.

    Raises:
        SuiteError: there are fewer parts than folds.
    """
    if len(parts) < count:
        raise SuiteError(
            f"By {by} there are {len(parts)} parts that can be divided, fewer than the {count} "
            "folds or cases. Ask for fewer, or divide by something else."
        )
    shuffled = rng.sample(list(parts), len(parts))
    folds: list[set[str]] = [set() for _ in range(count)]
    for part in sorted(shuffled, key=len, reverse=True):
        min(folds, key=len).update(part)
    return folds
