"""Prints the exact_match of every run of a suite as a Markdown table.

Usage: exact_match_table.py RUNS_DIRECTORY. A sweep's runs show the mean over the misspelled
copies. At probability 0 no text changes, so HELM makes no copies and the mean over the originals
is shown.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any


def read_exact_match(run: Path) -> float:
    """Return the mean exact_match of a run: of its perturbed copies, else of its originals."""
    means: dict[str | None, float] = {}
    for stat in _read_json(run / "stats.json"):
        name = stat["name"]
        perturbation = name.get("perturbation", {})
        if name["name"] == "exact_match" and perturbation.get("name") in (None, "misspellings"):
            means[perturbation.get("computed_on")] = stat["mean"]
    return means.get("perturbed", means[None])


def column_of(run_spec: dict[str, Any]) -> str:
    """Return the scenario's name, with the misspelling probability in a sweep."""
    scenario = run_spec["name"].partition(":")[0]
    perturbations = run_spec["data_augmenter_spec"].get("perturbation_specs", [])
    return " ".join([scenario, *(str(spec["args"]["prob"]) for spec in perturbations)])


def print_table(runs: list[Path]) -> None:
    """Print one row per model and one column per scenario and probability."""
    rows: dict[str, dict[str, float]] = defaultdict(dict)
    for run in runs:
        run_spec = _read_json(run / "run_spec.json")
        rows[run_spec["adapter_spec"]["model"]][column_of(run_spec)] = read_exact_match(run)
    columns = sorted({column for row in rows.values() for column in row})
    print("| model |", " | ".join(columns), "|")
    print("|---" * (len(columns) + 1) + "|")
    for model, row in sorted(rows.items()):
        print(f"| {model} |", " | ".join(f"{row[column]:.2f}" for column in columns), "|")


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    print_table([path.parent for path in sorted(Path(sys.argv[1]).glob("*/run_spec.json"))])
