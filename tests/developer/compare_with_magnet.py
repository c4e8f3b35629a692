"""Compare our frames and divisions with MAGNET 0.1.0's own: ``make check-magnet HELM_RUNS=...``.

Needs aiq-magnet and crfm-helm, so it is for developers and no part of ``make test``.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from magnet.backends.helm.helm_outputs import HelmRun
from magnet.predictor import Policy, Predictor

from runner.contract import layout
from runner.contract.__main__ import load_predictor, read_arguments
from runner.contract.frames import read_frame
from runner.contract.predictor import run_predictor
from runner.helm_outputs.column_names import STATE_INSTANCE_ID
from runner.helm_outputs.frames import read_runs
from runner.helm_outputs.runs import find_runs
from tests.developer import magnet_predictors
from tests.suite_builder import build, eval_part, parquet_bytes, stage

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


def compare_predictions(source: str, seeds: range) -> int:
    """Return how many predictions of predictors with own filters differ from MAGNET's own.

    The suite's case trains on MAGNET's train runs and on all that its filters leave out.
    """
    runs = {run.name: run for run in find_runs(source)}
    dataset = next(iter(runs)).partition(",")[0]
    model = HelmRun(next(iter(runs.values())).path).json.run_spec()["adapter_spec"]["model"]
    differing = compared = 0
    for arguments in (
        ["DatasetMean", f"dataset={dataset}", "components=1", "num_eval_samples=3"],
        ["FirstLetter", f"model={model}", "letter=B"],
    ):
        for seed in seeds:
            theirs, train, evaluated = _magnets_own(arguments, runs, seed)
            ours, given = _ours(source, arguments, runs, train, evaluated, seed)
            compared += 1
            if not given > len(train):
                print(f"{arguments}: the suite has no train run that MAGNET's filters leave out")
                differing += 1
            if ours != theirs:
                differing += 1
                print(f"{arguments}, seed {seed}: {ours} and MAGNET {theirs}")
    print(f"predictions: {compared} cases, {differing} differ")
    return differing


def _magnets_own(
    arguments: list[str], runs: dict[str, Any], seed: int
) -> tuple[dict[str, float], list[str], list[str]]:
    """Return what MAGNET's own evaluation predicts, and the runs that it drew."""
    name, *given = arguments
    predictor = getattr(magnet_predictors, name)(**read_arguments(given))
    predictor.random_seed, predictor.num_example_runs = seed, 2
    train, test = predictor.prepare_all_dataframes([str(run.path) for run in runs.values()])
    predicted = predictor.predict(train, test.sequester())
    sides = [list(side.run_specs["run_spec.name"]) for side in (train, test)]
    return {each.run_spec_name: each.mean for each in predicted}, sides[0], sides[1]


def _ours(
    source: str,
    arguments: list[str],
    runs: dict[str, Any],
    train: list[str],
    evaluated: list[str],
    seed: int,
) -> tuple[dict[str, float], int]:
    """Return what the same predictor predicts by the contract, and how many train runs it saw."""
    name, *given = arguments
    predictor = load_predictor(f"tests.developer.magnet_predictors:{name}", given)
    passes = predictor.magnet_predictor  # type: ignore[attr-defined]
    specs = {each: HelmRun(run.path) for each, run in runs.items()}
    left_out = [
        each
        for each, run in specs.items()
        if not passes.run_spec_filter(run.json.run_spec())
        or not run.run_spec().apply(passes.run_spec_dataframe_filter, axis=1).all()
    ]
    case = {"train": [*train, *left_out], "eval": evaluated}
    division = {"method": "explicit", "cases": [case]}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fields = {"division": division, "revealed": {"instances": "all"}, "seed": seed}
        suite = build(Path(source), folder / "suite", targets=["exact_match"], **fields)
        for path, content in stage(suite).files.items():
            (folder / "input" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "input" / path).write_bytes(content)
        run_predictor(predictor, folder / "input", folder)
        document = json.loads((folder / "predictions.json").read_text())["predictions"]
    return {run: stats[0]["mean"] for run, stats in document.items()}, len(case["train"])


if __name__ == "__main__":
    helm_runs = sys.argv[1]
    found = compare_frames(helm_runs) + compare_divisions(helm_runs, range(1, 4))
    sys.exit(bool(found + compare_predictions(helm_runs, range(1, 4))))
