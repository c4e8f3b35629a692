"""The suite that attacks run on: two HELM runs whose one actual an attack can recognize."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.building.build import build_suite
from runner.suites.spec_file import make_spec
from runner.suites.suite import Suite

EVAL_RUN, TRAIN_RUN = "attack", "train"

STAT_NAME = "exact_match"

ACTUAL = 0.8414709848
"""The withheld mean. ``find_actuals.py`` searches for it, as text and as bytes."""


def attack_suite(directory: Path, listener: str | None) -> Suite:
    """Write two HELM runs below a new directory, and return the suite of one case from them.

    Args:
        listener: the address that attacks try to reach; they find it in ``/input/assets``. None
            for a suite without assets: those are a volume and a container more for each attack.
    """
    for name, mean in ((EVAL_RUN, ACTUAL), (TRAIN_RUN, 0.25)):
        run = directory / "runs" / name
        run.mkdir(parents=True)
        for file_name, document in _run_files(name, mean).items():
            (run / file_name).write_text(json.dumps(document), encoding="utf-8")
    assets = None
    if listener is not None:
        assets = directory / "assets"
        assets.mkdir()
        (assets / "listener").write_text(listener, encoding="utf-8")
    spec = make_spec(
        {
            "name": "attack",
            "version": "1",
            "helm_runs": [str(directory / "runs")],
            "targets": [STAT_NAME],
            "division": {
                "method": "explicit",
                "cases": [{"train": [TRAIN_RUN], "eval": [EVAL_RUN]}],
            },
            "revealed": {"instances": 1},
            "assets": None if assets is None else str(assets),
        },
        "the attacks' suite",
    )
    return build_suite(spec, directory / "suite").suite


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
