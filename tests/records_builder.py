"""Builders of small frames of records."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from runner.scores.records import (
    ACTUAL_SIDE,
    SIDE,
    describe_runs,
    make_records,
    side_frame,
    stat_key,
)

SPEC = {
    "run_spec.scenario_spec.class_name": "helm.scenarios.MMLUScenario",
    "run_spec.scenario_spec.args.subject": "anatomy",
    "run_spec.adapter_spec.model": "demo/model",
}


def target(
    run: str = "run",
    *,
    predicted: float | None = None,
    actual: float = 0.5,
    stddev: float | None = None,
    baseline: float | None = None,
    sample_mean: float | None = None,
    instances: int = 1,
    name: Mapping[str, Any] | None = None,
    instance_id: str | None = None,
    outcome: str = "scored",
    reason: str | None = None,
    case: str = "case-1",
    budget: int | None = None,
    replicate: int = 1,
    **spec: str,
) -> dict[str, Any]:
    """Return one target: both of its sides, and what is revealed of its run."""
    return {**locals(), "name": name or {"name": "exact_match", "split": "test"}}


def records(
    targets: Sequence[Mapping[str, Any]], worst: tuple[float, float] | None = None
) -> pl.DataFrame:
    """Return the frame of some targets."""
    predicted, actual = [], []
    for each in targets:
        key = stat_key(each["name"])
        trial = None if each["instance_id"] is None else 0
        name = (key.stat, key.split, key.sub_split, key.perturbation)
        place = (each["case"], each["run"], *name, each["instance_id"], trial)
        if each["predicted"] is not None:
            predicted.append((*place, each["predicted"], each["stddev"]))
        more = (
            each["budget"],
            each["replicate"],
            key.perturbed_by,
            key.computed_on,
            each["baseline"],
            each["sample_mean"],
            each["instances"],
            each["outcome"],
        )
        actual.append((*place, each["actual"], None, *more, each["reason"]))
    specs = {each["run"]: {**SPEC, **spec_columns(each["spec"])} for each in targets}
    return make_records(
        side_frame(predicted, SIDE),
        side_frame(actual, ACTUAL_SIDE),
        describe_runs(specs),
        worst,
    )


def spec_columns(spec: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of ``model`` and ``subject``."""
    columns = {
        "model": "run_spec.adapter_spec.model",
        "subject": "run_spec.scenario_spec.args.subject",
    }
    return {columns[name]: value for name, value in spec.items()}
