"""Groups of runs that must stay on one side of a case: sweeps of one scenario and model, twins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.scores.scenarios import SCENARIO_ARGS, SCENARIO_CLASS, scenario_text


@dataclass(frozen=True)
class RunIdentity:
    """Which scenario and model a run is of, as text that can be compared.

    Attributes:
        scenario: the scenario spec's class name and args, e.g. ``MMLUScenario(subject=anatomy)``,
            as the records of a report and ``scenario_weights`` have it.
        model: the adapter spec's ``model``.
        model_deployment: the adapter spec's ``model_deployment``, or the model in older outputs.
    """

    scenario: str
    model: str
    model_deployment: str


def identify_run(run_spec: Mapping[str, Any]) -> RunIdentity:
    """Return the identity in a run spec, HELM's JSON object."""
    scenario = run_spec.get("scenario_spec") or {}
    adapter = run_spec.get("adapter_spec") or {}
    columns = {SCENARIO_CLASS: scenario.get("class_name", "")}
    columns |= {f"{SCENARIO_ARGS}{name}": arg for name, arg in (scenario.get("args") or {}).items()}
    model = str(adapter.get("model") or "")
    return RunIdentity(
        scenario=scenario_text(columns) or "",
        model=model,
        model_deployment=str(adapter.get("model_deployment") or model),
    )


def find_sweeps(runs: Mapping[str, RunIdentity]) -> list[list[str]]:
    """Return the groups of two runs or more with the same scenario and model deployment.

    A misspelling sweep is one: each of its runs repeats the unperturbed instances, and so reveals
    stats of the others.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for name, identity in runs.items():
        groups.setdefault((identity.scenario, identity.model_deployment), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def merge_overlapping(groups: Iterable[Iterable[str]], order: Sequence[str]) -> list[set[str]]:
    """Return the groups, merged where they share a name, in the order of their first names."""
    group_of: dict[str, set[str]] = {}
    for group in groups:
        merged = set(group)
        for name in list(merged):
            merged |= group_of.get(name, set())
        for name in merged:
            group_of[name] = merged
    seen: dict[int, set[str]] = {}
    for name in order:
        if name in group_of:
            seen.setdefault(id(group_of[name]), group_of[name])
    return list(seen.values())
