"""The frames of a run, as MAGNET 0.1.0 flattens its files.

Nested objects become dotted columns, lists stay lists, and every frame has ``run_spec.name``.
The numbers of a stat are floats and its count an integer, whether written as 1 or as 1.0.
"""

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import SuiteError
from runner.helm_outputs.files import (
    NOT_HELMS,
    read_per_instance_stats,
    read_run_specs,
    read_states,
    read_stats,
)
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    RunDirectory,
)

NO_ROWS = pl.DataFrame(schema={RUN_NAME: pl.String})
"""The frame of a file that a run has not."""

BYTES_READ_TOGETHER = 2**23

ReadRuns = Callable[[Sequence[RunDirectory]], list[pl.DataFrame]]


@dataclass(frozen=True)
class RunFrames:
    """The four frames of one run, or of several.

    run_specs has one row per run; scenario_states one per request and response; stats one per
    Stat; per_instance_stats one per Stat of an instance.
    """

    run_specs: pl.DataFrame
    scenario_states: pl.DataFrame
    stats: pl.DataFrame
    per_instance_stats: pl.DataFrame


def read_run(run: RunDirectory) -> RunFrames:
    """Return the frames of one run, each equal to MAGNET's own frame of it.

    The frame of a file that the run lacks has no rows.

    Raises:
        SuiteError: a file is not JSON or not what HELM writes; names the file.
    """
    return _read_together([run])[0]


def read_runs(runs: Iterable[RunDirectory]) -> Iterator[RunFrames]:
    """Yield the frames of each run, in order, as ``read_run`` returns them; faster for many.

    In memory are the frames of some megabytes of JSON, or of one run where it is larger.

    Raises:
        SuiteError: as ``read_run``, when the run's turn comes or a few runs before.
    """
    for batch in _batches(runs):
        with no_collection():
            frames = _read_together(batch)
        frames.reverse()
        while frames:  # none is held when the next batch is read
            yield frames.pop()


def read_scenario_states(
    run: RunDirectory,
    instance_ids: Collection[Any],
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda state: state,
) -> pl.DataFrame:
    """Return the request states of some instances, as if the run had no others.

    The frame is made from their JSON alone: not even its columns and types, which follow the
    JSON's keys, tell anything of the other instances.

    Args:
        change: returns what of such a state the frame is made of.

    Raises:
        SuiteError: the file is not what HELM writes, or lacks an instance; names the file.
    """
    if not instance_ids:
        return NO_ROWS
    wanted = set(instance_ids)

    def choose(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
        chosen = [state for state in states if state["instance"]["id"] in wanted]
        if {state["instance"]["id"] for state in chosen} != wanted:
            raise SuiteError(
                f"{run.path / SCENARIO_STATE}: {NOT_HELMS} (instance ids are of several types)"
            )
        return list(map(change, chosen))

    return read_states([run], choose)[0]


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep Python from looking for cycles among millions of new objects: JSON has none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _batches(runs: Iterable[RunDirectory]) -> Iterator[list[RunDirectory]]:
    batch: list[RunDirectory] = []
    batch_bytes = 0
    for run in runs:
        batch.append(run)
        batch_bytes += sum((run.path / name).stat().st_size for name in run.files)
        if batch_bytes >= BYTES_READ_TOGETHER:
            yield batch
            batch, batch_bytes = [], 0
    if batch:
        yield batch


def _read_together(runs: Sequence[RunDirectory]) -> list[RunFrames]:
    """Return the frames of some runs."""
    frames = (
        _read_those_with(RUN_SPEC, runs, read_run_specs),
        _read_those_with(SCENARIO_STATE, runs, read_states),
        _read_those_with(STATS, runs, read_stats),
        _read_those_with(PER_INSTANCE_STATS, runs, read_per_instance_stats),
    )
    return [RunFrames(*of_run) for of_run in zip(*frames, strict=True)]


def _read_those_with(
    file_name: str, runs: Sequence[RunDirectory], read: ReadRuns
) -> list[pl.DataFrame]:
    """Return the frame of each run, without rows for those that lack the file."""
    having = [run for run in runs if file_name in run.files]
    frames = iter(read(having) if having else ())
    return [next(frames) if file_name in run.files else NO_ROWS for run in runs]
