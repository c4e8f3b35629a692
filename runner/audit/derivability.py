"""How much of each actual a cheater could recompute from what is revealed.

HELM's run-level stats are means over instances, so an instance whose stat can be recomputed from
its completion and its references determines its share of the actual.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from runner.audit.leak import Leak
from runner.contract import layout
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.contract.text_metrics import TEXT_METRICS, recompute_match
from runner.helm_outputs.common_types import plain_rows
from runner.helm_outputs.files import STATE_INSTANCE_ID

STATES = "scenario_state.request_states."
SPLIT = f"{STATES}instance.split"
PATTERN = "scenario_state.adapter_spec.output_mapping_pattern"

GOLD_METRICS = "completions and gold"
"""What other metrics are made of: where both are shown, their stats count as determined too."""

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Determined:
    """How much of one target's actual is determined.

    Attributes:
        revealed: instances that the cheater could recompute.
        instances: all instances of the target's split.
        recomputed: the mean over those that were recomputed, or None if there are none, or if the
            metric is not one that the cheater knows.
        actual: the actual mean.
    """

    target: Target | InstanceTarget
    revealed: int
    instances: int
    recomputed: float | None
    actual: float

    @property
    def wholly(self) -> bool:
        """Return whether nothing of the actual is left to predict."""
        return self.instances > 0 and self.revealed == self.instances


def determine(
    states: pl.DataFrame,
    instances: Mapping[str | None, int],
    targets: Iterable[tuple[Target | InstanceTarget, Stat]],
) -> list[Determined]:
    """Return for every target of a run how much of its actual the revealed data determines.

    Args:
        states: the run's revealed request states, as a container sees them.
        instances: by split, how many instances the run has.
        targets: the run's, each with its actual.
    """
    revealed = [_state(row) for row in plain_rows(states)]
    determined = []
    for target, stat in targets:
        own, total = _share(target, revealed, instances)
        determined.append(_determined(target, stat, own, total))
    return determined


def _share(
    target: Target | InstanceTarget,
    revealed: "Sequence[_State]",
    instances: Mapping[str | None, int],
) -> "tuple[list[_State], int]":
    """Return the revealed states that a target's actual is a mean over, and how many there are."""
    if isinstance(target, InstanceTarget):
        return [state for state in revealed if state.instance_id == target.instance_id], 1
    split = target.name.split
    if split is None:
        return list(revealed), sum(instances.values())
    return [state for state in revealed if state.split == split], instances.get(split, 0)


def find_derivable(case: str, determined: Sequence[Determined]) -> list[Leak]:
    """Return a leak for each run that has targets with nothing left to predict."""
    by_run: dict[str, list[Determined]] = {}
    for each in determined:
        if each.wholly:
            by_run.setdefault(each.target.run_spec_name, []).append(each)
    leaks = []
    for run, found in by_run.items():
        first = found[0]
        others = f"; so are those of {len(found) - 1} more targets" if len(found) > 1 else ""
        exactly = first.recomputed is not None and abs(first.recomputed - first.actual) < TOLERANCE
        proof = f", recomputed as {first.recomputed:.4g}, its actual" if exactly else ""
        leaks.append(
            Leak(
                kind="derivable",
                case=case,
                file=layout.EVAL_SCENARIO_STATES,
                column=f"{STATES}result.completions",
                what=f"{run}: all {first.instances} instances of {first.target.name} are revealed "
                f"with {GOLD_METRICS}{proof}{others}",
                advice="Reveal fewer instances (revealed.instances), or hide completions or gold",
            )
        )
    return leaks


def summarize(determined: Sequence[Determined]) -> str:
    """Return in words how much of the actuals is determined."""
    total = sum(each.instances for each in determined)
    revealed = sum(each.revealed for each in determined)
    wholly = sum(each.wholly for each in determined)
    share = revealed / total if total else 0.0
    return (
        f"{share:.0%} of the actuals is determined by what is revealed ({revealed} of {total} "
        f"instances over {len(determined)} targets; {wholly} targets wholly)"
    )


@dataclass(frozen=True)
class _State:
    """One revealed request state."""

    instance_id: str
    split: str | None
    has_gold: bool
    pattern: str | None
    request_state: Mapping[str, Any]
    is_perturbed: bool


def _state(row: Mapping[str, Any]) -> _State:
    nested: dict[str, Any] = {}
    for column, value in row.items():
        if value is not None and column.startswith(STATES):
            *parents, last = column.removeprefix(STATES).split(".")
            inner = nested
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[last] = value
    references = nested.get("instance", {}).get("references") or []
    completions = nested.get("result", {}).get("completions") or []
    is_gold = any("correct" in (reference.get("tags") or ()) for reference in references)
    return _State(
        instance_id=row[STATE_INSTANCE_ID],
        split=row.get(SPLIT),
        has_gold=is_gold and bool(completions),
        pattern=row.get(PATTERN),
        request_state=nested,
        is_perturbed="perturbation" in nested.get("instance", {}),
    )


def _determined(
    target: Target | InstanceTarget, stat: Stat, states: Sequence[_State], instances: int
) -> Determined:
    known = {state.instance_id for state in states if state.has_gold}
    return Determined(
        target=target,
        revealed=len(known),
        instances=instances,
        recomputed=_recomputed(target.name.name, states),
        actual=stat.mean or 0.0,
    )


def _recomputed(metric: str, states: Iterable[_State]) -> float | None:
    """Return the mean of a text metric over the unperturbed states."""
    if metric.partition("@")[0] not in TEXT_METRICS:
        return None
    values = [
        recompute_match(state.request_state, metric, state.pattern)
        for state in states
        if not state.is_perturbed
    ]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
