"""The suite that attacks run on: two HELM runs whose one actual an attack can recognize."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.splits import SampledDivision
from runner.suite import Suite, sample_suite

EVAL_RUN, TRAIN_RUN = "attack", "train"

STAT_NAME = "exact_match"

ACTUAL = 0.8414709848
"""The withheld mean. ``find_actuals.py`` searches for it, as text and as bytes."""

DIVISION = SampledDivision(train_runs=1, eval_samples=1, seed=0)
"""The seed draws EVAL_RUN to be predicted."""


def attack_suite(directory: Path) -> Suite:
    """Write two HELM runs below an empty directory, and return the suite of one case from them."""
    for name, mean in ((EVAL_RUN, ACTUAL), (TRAIN_RUN, 0.25)):
        run = directory / name
        run.mkdir()
        for file_name, document in _run_files(name, mean).items():
            (run / file_name).write_text(json.dumps(document), encoding="utf-8")
    return sample_suite("attack", directory, DIVISION, [STAT_NAME])


def _run_files(name: str, mean: float) -> Mapping[str, Any]:
    """Return a run's documents: two instances, of which one is revealed, and one stat."""
    adapter_spec = {"method": "generation", "model": f"model/{name}"}
    stat = {"name": {"name": STAT_NAME, "split": "test"}, "count": 1, "sum": mean, "mean": mean}
    ids = ("id0", "id1")
    return {
        "run_spec.json": {
            "name": name,
            "scenario_spec": {"class_name": name, "args": {}},
            "adapter_spec": adapter_spec,
            "metric_specs": [],
            "groups": [],
        },
        "scenario.json": {"name": name},
        "scenario_state.json": {
            "adapter_spec": adapter_spec,
            "request_states": [_request_state(instance) for instance in ids],
        },
        "stats.json": [stat],
        "per_instance_stats.json": [
            {"instance_id": instance, "train_trial_index": 0, "stats": [stat]} for instance in ids
        ],
    }


def _request_state(instance: str) -> Mapping[str, Any]:
    return {
        "instance": {
            "id": instance,
            "split": "test",
            "input": {"text": "Which?"},
            "references": [],
        },
        "train_trial_index": 0,
        "request": {"prompt": "Which?"},
        "result": {"success": True, "completions": [{"text": "This."}]},
    }
