"""The division of a competition: one train side, and eval sides that no other case has. Pure."""

import random
from collections.abc import Iterable, Mapping, Sequence

from runner.building.divisions import CasePlan, fold, unit_of
from runner.errors import SuiteError
from runner.suites.division_spec import By, Holdout
from runner.suites.groups import RunIdentity, merge_overlapping

BOTH: tuple[By, By] = ("scenario", "model")


def hold_out(
    runs: Mapping[str, RunIdentity],
    division: Holdout,
    groups: Iterable[Iterable[str]],
    rng: random.Random,
) -> list[CasePlan]:
    """Return cases with the same train runs; each evaluates runs that no other case has.

    Held out by scenario and model, a run is evaluated if both are held out, trained on if neither
    is, and else in no case.

    Args:
        runs: by name, in the order of the runs found.
        groups: names of runs that must stay on one side and in one case.

    Raises:
        SuiteError: too few parts to hold any out, or to make as many cases.
    """
    together = [list(group) for group in groups]
    factors = BOTH if division.by == "scenario_and_model" else (division.by,)
    held = [_draw(_parts(runs, by, together), by, division, rng) for by in factors]
    evaluated = {name: runs[name] for name in runs if all(name in each for each in held)}
    train = tuple(name for name in runs if not any(name in each for each in held))
    if not evaluated or not train:
        side = "evaluate" if not evaluated else "train on"
        raise SuiteError(
            f"By {division.by} there is no run left to {side}. Hold out another share, or use "
            "another seed."
        )
    by = "scenario_model" if division.by == "scenario_and_model" else division.by
    inside = [[name for name in group if name in evaluated] for group in together]
    parts = fold(_parts(evaluated, by, inside), division.cases, by, rng)
    return [
        CasePlan(f"case-{number}", train, tuple(name for name in runs if name in part))
        for number, part in enumerate(parts, start=1)
    ]


def _parts(
    runs: Mapping[str, RunIdentity], by: By, groups: Iterable[Sequence[str]]
) -> list[set[str]]:
    units: dict[str, list[str]] = {}
    for name, identity in runs.items():
        units.setdefault(unit_of(name, identity, by), []).append(name)
    return merge_overlapping([*units.values(), *groups], list(runs))


def _draw(parts: Sequence[set[str]], by: By, division: Holdout, rng: random.Random) -> set[str]:
    """Return the runs of the parts that are held out: their share, at least one part."""
    if len(parts) < 2:  # noqa: PLR2004
        raise SuiteError(
            f"By {by} all runs belong together: none can be held out. Hold out by something else, "
            "or keep fewer groups together."
        )
    fewest = division.cases if division.by == by else 1
    count = min(max(fewest, round(division.share * len(parts))), len(parts) - 1)
    return set().union(*rng.sample(list(parts), count))
