"""Compare our frames and divisions with MAGNET 0.1.0's own: ``make check-magnet HELM_RUNS=...``.

Needs aiq-magnet and crfm-helm, so it is for developers and no part of ``make test``.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from magnet.backends.helm.helm_outputs import HelmRun
from magnet.predictor import Policy, Predictor

from runner.contract import layout
from runner.contract.frames import read_frame
from runner.helm_outputs.files import STATE_INSTANCE_ID
from runner.helm_outputs.frames import read_runs
from runner.helm_outputs.runs import find_runs
from tests.suite_builder import build, eval_part, parquet_bytes

FRAMES = {  # ours: MAGNET's
    "run_specs": "run_spec",
    "scenario_states": "scenario_state",
    "stats": "stats",
    "per_instance_stats": "per_instance_stats",
}


def is_missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and np.isnan(cell))


def differences(ours: pd.DataFrame, magnets: pd.DataFrame) -> list[str]:
    """Return what differs: columns and their order, length, or any cell."""
    if list(ours.columns) != list(magnets.columns):
        only = sorted(set(ours.columns) ^ set(magnets.columns))
        return [f"columns or their order differ; on one side only: {only}"]
    if len(ours) != len(magnets):
        return [f"{len(ours)} rows, MAGNET has {len(magnets)}"]
    found = []
    for column in ours.columns:
        pairs = zip(ours[column].tolist(), magnets[column].tolist(), strict=True)
        for row, (one, other) in enumerate(pairs):
            if not (is_missing(one) and is_missing(other)) and one != other:
                found.append(f"{column}, row {row}: {one!r:.200} and MAGNET {other!r:.200}")
                break
    return found


def compare_frames(source: str) -> int:
    """Return how many frames of the runs differ after staging and reading back."""
    runs, differing = find_runs(source), 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frame.parquet")
        for run, frames in zip(runs, read_runs(runs), strict=True):
            for ours, magnets in FRAMES.items():
                path.write_bytes(parquet_bytes(getattr(frames, ours)))
                found = differences(read_frame(path), getattr(HelmRun(run.path), magnets)())
                differing += bool(found)
                for difference in found:
                    print(f"{run.name}: {ours}: {difference}")
    print(f"frames: {len(runs)} runs, {4 * len(runs)} frames, {differing} differ")
    return differing


def compare_divisions(source: str, seeds: range) -> int:
    """Return for how many seeds MAGNET draws other runs or instances than we do."""
    runs = find_runs(source)
    differing = 0
    for seed in seeds:
        magnets = Predictor(3, 5, seed, Policy.IGNORE)
        train, test = magnets.prepare_all_dataframes([str(run.path) for run in runs])
        with tempfile.TemporaryDirectory() as scratch:
            suite = build(
                Path(source), Path(scratch) / "suite", revealed={"instances": 5}, seed=seed
            )
            case = suite.cases[0]
            ours = (
                [run.name for run in case.train_runs],
                [run.name for run in case.eval_runs],
                set(eval_part(suite, layout.EVAL_SCENARIO_STATES)[STATE_INSTANCE_ID]),
            )
        theirs = (
            list(train.run_specs["run_spec.name"]),
            list(test.run_specs["run_spec.name"]),
            set(test.scenario_state[STATE_INSTANCE_ID]),
        )
        if ours != theirs:
            differing += 1
            print(f"seed {seed}: {ours} and MAGNET {theirs}")
    print(f"divisions: {len(seeds)} seeds, {differing} differ")
    return differing


if __name__ == "__main__":
    helm_runs = sys.argv[1]
    sys.exit(bool(compare_frames(helm_runs) + compare_divisions(helm_runs, range(1, 4))))
