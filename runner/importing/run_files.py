"""An imported run as the JSON documents that HELM writes."""

from collections.abc import Mapping
from typing import Any

from runner.helm_outputs.origin import ORIGIN
from runner.helm_outputs.runs import PER_INSTANCE_STATS, RUN_SPEC, SCENARIO_STATE, STATS
from runner.importing.imported_run import ImportedRun, Reference, Sample

Json = dict[str, Any]

SCENARIO = "scenario.json"
CORRECT = "correct"
"""HELM's tag of a correct reference."""


def to_files(run: ImportedRun) -> dict[str, Any]:
    """Return the documents of a run by file name; without samples there are no request states."""
    adapter_spec = {
        **run.adapter,
        "model": run.model,
        "model_deployment": run.model_deployment,
    }
    metrics = sorted({score.metric for score in run.scores})
    files: dict[str, Any] = {
        RUN_SPEC: {
            "name": run.name,
            "scenario_spec": {
                "class_name": run.scenario_class or run.source,
                "args": dict(run.task_args)
                if run.scenario_class
                else {"task": run.task, **run.task_args},
            },
            "adapter_spec": adapter_spec,
            "metric_specs": [{"class_name": f"{run.source}.metrics", "args": {"names": metrics}}],
            "groups": list(dict.fromkeys([run.task, *run.groups])),
        },
        SCENARIO: {"name": run.task},
        STATS: [_stat(score.metric, score.split, score.mean) for score in run.scores],
        ORIGIN: run.origin.to_json(),
    }
    if run.samples is not None:
        states = [_request_state(run, sample) for sample in run.samples]
        files[SCENARIO_STATE] = {"adapter_spec": adapter_spec, "request_states": states}
        files[PER_INSTANCE_STATS] = [_entry(sample) for sample in run.samples]
    return files


def _stat(metric: str, split: str, value: float) -> Json:
    """Return HELM's stat of one value."""
    return {
        "name": {"name": metric, "split": split},
        "count": 1,
        "sum": value,
        "sum_squared": value * value,
        "min": value,
        "max": value,
        "mean": value,
        "variance": 0.0,
        "stddev": 0.0,
    }


def _entry(sample: Sample) -> Json:
    return {
        "instance_id": sample.id,
        "train_trial_index": sample.trial,
        "stats": [_stat(name, sample.split, value) for name, value in sample.scores.items()],
    }


def _request_state(run: ImportedRun, sample: Sample) -> Json:
    result: Json = {
        "success": sample.error is None,
        "embedding": [],
        "completions": [
            {"text": each.text, "tokens": []}
            | ({} if each.logprob is None else {"logprob": each.logprob})
            for each in sample.completions
        ],
        "cached": False,
    }
    if sample.error is not None:
        result["error"] = sample.error
    return {
        "instance": {
            "input": {"text": sample.text},
            "references": [_reference(each) for each in sample.references],
            "split": sample.split,
            "id": sample.id,
        },
        "train_trial_index": sample.trial,
        "request": _request(run, sample),
        "result": result,
    }


def _request(run: ImportedRun, sample: Sample) -> Json:
    same: Mapping[str, str] = {"temperature": "temperature", "max_tokens": "max_tokens"}
    return {
        "model": run.model,
        "model_deployment": run.model_deployment,
        "prompt": sample.prompt,
        **{name: run.adapter[key] for name, key in same.items() if key in run.adapter},
    }


def _reference(reference: Reference) -> Json:
    return {
        "output": {"text": reference.text},
        "tags": [CORRECT] if reference.is_correct else [],
    }
