"""Builders of small frames of records."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.scores.records import TARGETS, describe_runs, make_records, stat_key, target_frame

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
    rows = []
    for each in targets:
        key = stat_key(each["name"])
        is_predicted = each["predicted"] is not None
        row = {
            **each,
            **key._asdict(),
            RUN_NAME: each["run"],
            "train_trial_index": None if each["instance_id"] is None else 0,
            "predicted_mean": each["predicted"],
            "predicted_stddev": each["stddev"] if is_predicted else None,
            "actual_mean": each["actual"],
            "actual_stddev": None,
        }
        rows.append(row)
    columns = {name: [row[name] for row in rows] for name in TARGETS}
    specs = {each["run"]: {**SPEC, **spec_columns(each["spec"])} for each in targets}
    return make_records(target_frame(columns), describe_runs(specs), worst)


def spec_columns(spec: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of ``model`` and ``subject``."""
    columns = {
        "model": "run_spec.adapter_spec.model",
        "subject": "run_spec.scenario_spec.args.subject",
    }
    return {columns[name]: value for name, value in spec.items()}
