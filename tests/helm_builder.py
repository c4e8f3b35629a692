"""Builders of small HELM run directories, with every file that helm-run writes."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def stat(name: str, mean: float, *, split: str = "test", perturbation: Json | None = None) -> Json:
    """Return the JSON of a stat with one value."""
    metric_name: Json = {"name": name, "split": split}
    if perturbation is not None:
        metric_name["perturbation"] = perturbation
    return {
        "name": metric_name,
        "count": 1,
        "sum": mean,
        "sum_squared": mean * mean,
        "min": mean,
        "max": mean,
        "mean": mean,
        "variance": 0.0,
        "stddev": 0.0,
    }


def request_state(instance_id: str, completion: str = "A", prompt: str = "Which?") -> Json:
    """Return the JSON of a request state with two references, the first of them correct."""
    return {
        "instance": {
            "input": {"text": prompt},
            "references": [
                {"output": {"text": "yes"}, "tags": ["correct"]},
                {"output": {"text": "no"}, "tags": []},
            ],
            "split": "test",
            "id": instance_id,
        },
        "train_trial_index": 0,
        "output_mapping": {"A": "yes", "B": "no"},
        "request": {"model": "demo/model", "prompt": prompt, "temperature": 0.0},
        "result": {
            "success": True,
            "embedding": [],
            "completions": [{"text": completion, "logprob": 0, "tokens": []}],
            "cached": False,
            "request_time": 0.25,
        },
        "num_train_instances": 0,
        "prompt_truncated": False,
        "num_conditioning_tokens": 0,
    }


def run_files(
    name: str,
    *,
    stats: Sequence[Json] = (),
    request_states: Sequence[Json] = (),
    per_instance_stats: Sequence[Json] | None = None,
) -> dict[str, Any]:
    """Return the JSON documents of a run, by file name."""
    request_states = list(request_states) or [request_state(f"id{number}") for number in range(4)]
    adapter_spec = {"method": "multiple_choice_joint", "model": "demo/model", "substitutions": []}
    return {
        "run_spec.json": {
            "name": name,
            "scenario_spec": {"class_name": "demo.Scenario", "args": {"of": name}},
            "adapter_spec": adapter_spec,
            "metric_specs": [{"class_name": "demo.Metric", "args": {}}],
            "groups": ["demo"],
        },
        "scenario.json": {"name": "demo"},
        "scenario_state.json": {"adapter_spec": adapter_spec, "request_states": request_states},
        "stats.json": list(stats) or [stat("exact_match", 0.5), stat("num_references", 2.0)],
        "per_instance_stats.json": list(
            per_instance_stats
            if per_instance_stats is not None
            else [
                {
                    "instance_id": state["instance"]["id"],
                    "train_trial_index": 0,
                    "stats": [stat("exact_match", 1.0)],
                }
                for state in request_states
            ]
        ),
    }


def files_of_2022(name: str, instance_id: str = "id1") -> dict[str, Any]:
    """Return a run as HELM 0.1 wrote it: plain texts, no deployment, instances in scenario.json."""
    state = request_state(instance_id)
    instance = {
        **state["instance"],
        "input": "Which?",
        "references": [{"output": "yes", "tags": ["correct"]}, {"output": "no", "tags": []}],
    }
    documents = run_files(name, request_states=[{**state, "instance": instance}])
    documents["scenario.json"] = {"name": "demo", "instances": [instance]}
    return documents


def write_run(suite: Path, name: str, files: Mapping[str, Any] | None = None) -> Path:
    """Write a run directory below a suite, its name spelled as helm-run spells directories."""
    directory = suite / name.replace("/", "_")
    directory.mkdir(parents=True)
    for file_name, document in (files or run_files(name)).items():
        text = _indented(json.dumps(document))
        (directory / file_name).write_text(text, encoding="utf-8")
    return directory


@lru_cache(1024)
def _indented(text: str) -> str:
    """Return JSON as HELM lays it out. That takes long, and most runs share most documents."""
    return json.dumps(json.loads(text), indent=2)


def write_suite(root: Path, suite: str = "v1", runs: int = 5) -> Path:
    """Write ``benchmark_output/runs/SUITE`` with some runs, and return the suite's directory."""
    directory = root / "benchmark_output" / "runs" / suite
    for number in range(runs):
        name = f"demo:subject={number},model=demo/model"
        stats = [stat("exact_match", number / 10), stat("num_references", 2.0)]
        write_run(directory, name, run_files(name, stats=stats))
    return directory
