"""Predicted stats as HELM run files, which HELM's own classes read."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.errors import UsageError
from runner.files.whole_writes import put_in_place, unfinished_directory
from runner.helm_outputs.runs import PER_INSTANCE_STATS, RUN_SPEC, STATS
from runner.reports.report import Report, TargetRecord

RUN_SPEC_PREFIX = "run_spec."


def write_helm_runs(report: Report, directory: Path) -> list[Path]:
    """Write a run directory for each eval run that has predictions; return them.

    They stand in ``runs/SUITE`` below the directory, as HELM has them, and hold ``stats.json``
    and, where instances are predicted, ``per_instance_stats.json``, both with the names that
    predictors give (``predicted_exact_match``), and what is revealed of ``run_spec.json``.

    Raises:
        UsageError: a run's files are there already, or can't be written.
    """
    by_run: dict[str, list[TargetRecord]] = {}
    for case in report.cases:
        for target in (*case.targets, *case.instance_targets):
            if target.predicted is not None:
                by_run.setdefault(target.run_spec_name, []).append(target)
    written = []
    for name, targets in by_run.items():
        place = directory / "runs" / report.suite.name / run_directory_name(name)
        files = {
            RUN_SPEC: nest_run_spec(name, report.eval_run_specs.get(name, {})),
            STATS: [each.predicted for each in targets if each.instance_id is None],
            PER_INSTANCE_STATS: _per_instance_stats(targets),
        }
        try:
            if place.exists():
                raise UsageError(f"{place}: is there already; name another directory.")
            with unfinished_directory(place, is_private=True) as unfinished:
                for file_name, content in files.items():
                    (unfinished / file_name).write_text(json.dumps(content, indent=2) + "\n")
                put_in_place(unfinished, place)
        except OSError as error:
            raise UsageError(f"{place}: can't be written ({error.strerror}).") from error
        written.append(place)
    return written


def run_directory_name(run_name: str) -> str:
    """Return the directory that HELM gives a run: the name without slashes."""
    name = run_name.replace("/", "_")
    return name if name.strip(".") else f"_{name}"


def nest_run_spec(name: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return HELM's nested JSON of a run spec from its dotted columns."""
    spec: dict[str, Any] = {"name": name}
    for column, value in columns.items():
        *parents, last = column.removeprefix(RUN_SPEC_PREFIX).split(".")
        inner = spec
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return spec


def _per_instance_stats(targets: Sequence[TargetRecord]) -> list[dict[str, Any]]:
    """Return one entry per instance, perturbation and trial, as HELM has them."""
    entries: dict[str, dict[str, Any]] = {}
    for each in targets:
        if each.instance_id is not None and each.predicted is not None:
            perturbation = each.name.get("perturbation")
            entry: dict[str, Any] = {
                "instance_id": each.instance_id,
                **({} if perturbation is None else {"perturbation": perturbation}),
                "train_trial_index": each.train_trial_index,
            }
            key = json.dumps(entry, sort_keys=True)
            entries.setdefault(key, {**entry, "stats": []})["stats"].append(each.predicted)
    return list(entries.values())
