"""Two runs, and their frames in one."""

from pathlib import Path

import polars as pl

from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import find_runs
from tests.helm_builder import Json, write_run


def write_two(root: Path, first: Json, second: Json) -> list[pl.DataFrame]:
    """Write two runs and return their scenario states."""
    for name, documents in (("a:x=1", first), ("b:x=1", second)):
        write_run(root, name, documents)
    return [read_run(run).scenario_states for run in find_runs(root)]
