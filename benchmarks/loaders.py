"""HELM runs read in several ways, by what is in the developers' own environment."""

import json
from collections.abc import Iterable

import orjson
import pandas as pd

from runner.helm_outputs.frames import read_runs
from runner.helm_outputs.runs import RUN_FILES, RunDirectory


def parse_with_orjson(runs: Iterable[RunDirectory]) -> None:
    """Parse the files into Python objects, without making frames."""
    for run in runs:
        for name in RUN_FILES:
            orjson.loads((run.path / name).read_bytes())


def load_with_pandas(runs: Iterable[RunDirectory]) -> None:
    """Load the four frames in the usual way, with json and ``json_normalize``."""
    for run in runs:
        spec, state, stats, entries = (
            json.loads((run.path / name).read_bytes()) for name in RUN_FILES
        )
        pd.json_normalize(spec)
        pd.json_normalize(state["request_states"])
        pd.json_normalize(stats)
        meta: list[str | list[str]] = ["instance_id", "train_trial_index"]
        pd.json_normalize(entries, record_path="stats", meta=meta, errors="ignore")


def load_with_runner(runs: Iterable[RunDirectory]) -> None:
    """Load the four frames as suites are built from them."""
    for _ in read_runs(runs):
        pass
