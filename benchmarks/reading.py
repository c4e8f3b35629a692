"""HELM runs -> frames, by MAGNET, by plain pandas, by the runner; and parsing alone.

Runs in an environment with aiq-magnet, crfm-helm and orjson, all in one process. Prints JSON.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from magnet.backends.helm.helm_outputs import HelmRun

from benchmarks.copies import copy_with_distinct_stats
from benchmarks.loaders import load_with_pandas, load_with_runner, parse_with_orjson
from benchmarks.measurement import Row, compare_in_turns, versions
from runner.helm_outputs.runs import RUN_FILES, RunDirectory, find_runs

COMPARED = ("aiq-magnet", "crfm-helm", "pandas", "orjson", "polars")


def load_with_magnet(runs: Iterable[RunDirectory]) -> None:
    """Load the four frames with MAGNET's own loaders, which parse with orjson."""
    for run in runs:
        helm_run = HelmRun(run.path)
        helm_run.run_spec()
        helm_run.scenario_state()
        helm_run.stats()
        helm_run.per_instance_stats()


def on_one_core(run: Callable[[Any], None], argument: Any) -> Callable[[], None]:
    """Return a function that runs on one core only, however many threads it has."""

    def call() -> None:
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        try:
            run(argument)
        finally:
            os.sched_setaffinity(0, cores)

    return call


ORJSON = "orjson.loads of the same bytes, no frames"
OURS = "frames by the runner"


def measure(runs: Sequence[RunDirectory], rounds: int, scratch: Path) -> list[list[Row]]:
    """Return two tables: ratios to orjson's parse, and to the runner's frames."""
    copy_with_distinct_stats(runs, scratch)
    distinct = find_runs(scratch)
    ours: dict[str, Callable[[], object]] = {
        OURS: lambda: load_with_runner(runs),
        f"{OURS}, on one core": on_one_core(load_with_runner, runs),
        f"{OURS}, if no two stats were alike": lambda: load_with_runner(distinct),
    }
    others: dict[str, Callable[[], object]] = {
        "frames by MAGNET's loaders": lambda: load_with_magnet(runs),
        "frames by json and pandas.json_normalize": lambda: load_with_pandas(runs),
    }
    return [
        _compare({ORJSON: lambda: parse_with_orjson(runs)}, ours, rounds),
        _compare({OURS: lambda: load_with_runner(runs)}, others, rounds),
    ]


def _compare(
    basis: dict[str, Callable[[], object]], contenders: dict[str, Callable[[], object]], rounds: int
) -> list[Row]:
    """Return a row for the basis, which runs right before each contender, and one per contender."""
    rows: list[Row] = []
    for name, run in contenders.items():
        rows += compare_in_turns({**basis, name: run}, rounds)[1 if rows else 0 :]
    return rows


def main() -> None:
    """Print what was measured as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("helm_runs")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    runs = find_runs(arguments.helm_runs)
    with tempfile.TemporaryDirectory() as scratch:
        tables = measure(runs, arguments.rounds, Path(scratch))
    document = {
        "runs": len(runs),
        "bytes": sum((run.path / name).stat().st_size for run in runs for name in RUN_FILES),
        "tables": [[asdict(row) for row in rows] for rows in tables],
        "versions": versions(COMPARED),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
