"""Extrapolation: train on the models that come first in an order, evaluate those that come last."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from statistics import fmean

from runner.building.divisions import CasePlan, unit_of
from runner.errors import SuiteError
from runner.suites.division_spec import Extrapolate, OrderValue
from runner.suites.groups import RunIdentity, merge_overlapping

MOST_NAMED = 5

Means = Mapping[str, Mapping[str, float]]
"""Of each run, the mean of each of its targets, by the target's name."""


def extrapolate(
    runs: Mapping[str, RunIdentity],
    division: Extrapolate,
    values: Mapping[str, OrderValue],
    groups: Iterable[Iterable[str]],
) -> list[CasePlan]:
    """Return the one case: it evaluates the last models, and trains on all that come before.

    Models with equal values are on one side. Runs that are kept together count as the last of
    them, so that no train run is of a later model.

    Args:
        runs: by name, in the order of the runs found.
        values: what puts the models, or their deployments, in order.
        groups: names of runs that must stay on one side.

    Raises:
        SuiteError: a model has no value, or nothing is left to train on.
    """
    units: dict[str, list[str]] = {}
    for name, identity in runs.items():
        units.setdefault(unit_of(name, identity, division.by), []).append(name)
    without = [unit for unit in units if unit not in values]
    if without:
        unknown = [name for name in values if name not in units]
        near = get_close_matches(without[0], unknown, n=1)
        meant = f" Was it meant by {near[0]!r}, which no run has?" if near else ""
        more = f" and {len(without) - MOST_NAMED} more" if len(without) > MOST_NAMED else ""
        raise SuiteError(
            f"division.order: no value for {', '.join(without[:MOST_NAMED])}{more}. Add a line for "
            f"each {division.by} of the runs.{meant}"
        )
    parts = merge_overlapping([*units.values(), *groups], list(runs))
    ordered = sorted(set(values.values()), key=_key)
    place = {unit: ordered.index(value) for unit, value in values.items()}
    last = [max(place[unit_of(name, runs[name], division.by)] for name in part) for part in parts]
    count = min(max(1, round(division.share * len(parts))), max(1, len(parts) - 1))
    border = sorted(last)[-count]
    held = {
        name for part, value in zip(parts, last, strict=True) if value >= border for name in part
    }
    train = tuple(name for name in runs if name not in held)
    if not train:
        raise SuiteError(
            f"By {division.by} no run is left to train on: all {len(parts)} parts come last, with "
            f"{ordered[border]}. Divide by something else, or keep fewer groups together."
        )
    return [CasePlan("case-1", train, tuple(name for name in runs if name in held))]


def unknown_names(runs: Mapping[str, RunIdentity], division: Extrapolate) -> str | None:
    """Return a sentence with what the organizer's order has and no run has; None if all is used."""
    units = {unit_of(name, identity, division.by) for name, identity in runs.items()}
    unknown = [name for name in division.order.values or {} if name not in units]
    if not unknown:
        return None
    more = f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
    return (
        f"division.order: no run has the {division.by} {', '.join(unknown[:MOST_NAMED])}{more}. "
        "Leave what is not meant out, or correct the name."
    )


def _key(value: OrderValue) -> tuple[float, str]:
    """Return what sorts numbers, or texts of dates."""
    return (0.0, value) if isinstance(value, str) else (value, "")


def mean_scores(
    runs: Mapping[str, RunIdentity], division: Extrapolate, means: Means
) -> dict[str, OrderValue]:
    """Return the mean of the targets of each model, over those that all models have.

    Raises:
        SuiteError: the models have no scenario and stat in common.
    """
    found: dict[str, dict[tuple[str, str], list[float]]] = {}
    for name, identity in runs.items():
        of_unit = found.setdefault(unit_of(name, identity, division.by), {})
        for target, mean in means.get(name, {}).items():
            of_unit.setdefault((identity.scenario, target), []).append(mean)
    common = set.intersection(*(set(each) for each in found.values())) if found else set()
    if not common:
        raise SuiteError(
            f"division.order: mean_score compares the {len(found)} values of {division.by}, but "
            "they have no scenario and target in common. Choose runs of one scenario that all "
            "have, or give a table."
        )
    return {
        unit: fmean(fmean(of_unit[key]) for key in sorted(common))
        for unit, of_unit in found.items()
    }
