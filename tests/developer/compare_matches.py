"""Compare recomputed matches with HELM's own: ``python tests/developer/compare_matches.py RUNS``.

RUNS is a directory of HELM runs. For developers, on more runs than the project carries.
"""

import json
import sys
from pathlib import Path
from typing import Any

from runner.contract.text_metrics import TEXT_METRICS, recompute_match


def key(instance_id: str, perturbation: Any, trial: int, name: str) -> tuple[Any, ...]:
    return instance_id, json.dumps(perturbation, sort_keys=True), trial, name


def compare(run: Path) -> tuple[int, int]:
    """Return how many per-instance stats of text metrics a run has, and how many differ."""
    document = json.loads((run / "scenario_state.json").read_bytes())
    pattern = document["adapter_spec"].get("output_mapping_pattern")
    recomputed = {
        key(
            state["instance"]["id"],
            state["instance"].get("perturbation"),
            state["train_trial_index"],
            name,
        ): recompute_match(state, name, pattern)
        for state in document["request_states"]
        for name in TEXT_METRICS
    }
    found = [
        recomputed[
            key(
                entry["instance_id"],
                entry.get("perturbation"),
                entry["train_trial_index"],
                stat["name"]["name"],
            )
        ]
        == stat["mean"]
        for entry in json.loads((run / "per_instance_stats.json").read_bytes())
        for stat in entry["stats"]
        if stat["name"]["name"] in TEXT_METRICS
    ]
    return len(found), found.count(False)


if __name__ == "__main__":
    runs = [path.parent for path in Path(sys.argv[1]).glob("*/scenario_state.json")]
    counts = [compare(run) for run in runs]
    stats, differing = (sum(column) for column in zip(*counts, strict=True))
    print(f"{len(runs)} runs, {stats} stats, {differing} differ")
    sys.exit(differing > 0 or stats == 0)
