"""The frames of a run, as MAGNET 0.1.0 flattens its files.

Nested objects become dotted columns, lists stay lists, and every frame has ``run_spec.name``.
The numbers of a stat are floats and its count an integer, whether written as 1 or as 1.0.
"""

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import SuiteError
from runner.helm_outputs.documents import Room, file_size
from runner.helm_outputs.file_checks import NOT_HELMS
from runner.helm_outputs.files import (
    Start,
    read_chosen_entries,
    read_lists,
    read_run_specs,
    split_list,
)
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    RunDirectory,
)
from runner.helm_outputs.states import read_chosen_states, read_states

NO_ROWS = pl.DataFrame(schema={RUN_NAME: pl.String})
"""The frame of a file that a run has not."""

BYTES_READ_TOGETHER = 2**24

ReadRuns = Callable[[Sequence[RunDirectory]], list[pl.DataFrame]]


def read_run(run: RunDirectory) -> RunFrames:
    """Return the frames of one run, each equal to MAGNET's own frame of it.

    The frame of a file that the run lacks has no rows.

    Raises:
        SuiteError: a file is not JSON or not what HELM writes; names the file.
    """
    return _read_together([run], _rooms())[0]


def read_runs(runs: Iterable[RunDirectory]) -> Iterator[RunFrames]:
    """Yield the frames of each run, in order, as ``read_run`` returns them; faster for many.

    Raises:
        SuiteError: as ``read_run``, when the run's turn comes or a few runs before.
    """
    for frames in read_batches(runs):
        frames.reverse()
        while frames:  # none is held when the next batch is read
            yield frames.pop()


def read_batches(runs: Iterable[RunDirectory]) -> Iterator[list[RunFrames]]:
    """Yield the frames of some runs at a time, in order.

    In memory are the frames of some megabytes of JSON, or of one run where it is larger. A thread
    takes lists apart without Python's lock; all else needs it, and more threads would only wait.

    Raises:
        SuiteError: as ``read_run``, when a run's batch comes.
    """
    rooms = _rooms()
    with ThreadPoolExecutor(1, thread_name_prefix="read-helm") as pool:
        for batch in _batches(runs):
            with no_collection():
                frames = _read_together(batch, rooms, lambda call: pool.submit(call).result)
            yield frames
            del frames  # before the next batch is read


def read_scenario_states(
    runs: Sequence[RunDirectory],
    instance_ids: Sequence[Collection[Any]],
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda state: state,
) -> list[pl.DataFrame]:
    """Return the request states of some instances of each run, as if it had no others.

    A frame is made from their JSON alone: not even its columns and types, which follow the
    JSON's keys, tell anything of the other instances.

    Args:
        instance_ids: those of each run.
        change: returns what of such a state the frame is made of.

    Raises:
        SuiteError: a file is not what HELM writes, or lacks an instance; names the file.
    """
    choices = {
        place: _ChosenInstances(ids, change) for place, ids in enumerate(instance_ids) if ids
    }
    chosen = iter(read_chosen_states([runs[place] for place in choices], list(choices.values())))
    frames = [next(chosen) if place in choices else NO_ROWS for place in range(len(runs))]
    for place, choice in choices.items():
        if choice.found != choice.wanted:
            raise SuiteError(
                f"{runs[place].path / SCENARIO_STATE}: {NOT_HELMS} (instance ids are of several "
                "types)"
            )
    return frames


class _ChosenInstances:
    """Chooses the request states of some instances, and remembers which it has met."""

    def __init__(
        self, wanted: Collection[Any], change: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> None:
        self.wanted = set(wanted)
        self.found: set[Any] = set()
        self._change = change

    def __call__(self, state: dict[str, Any]) -> dict[str, Any] | None:
        instance_id = (state.get("instance") or {}).get("id")
        if instance_id not in self.wanted:
            return None
        self.found.add(instance_id)
        return self._change(state)


def read_instance_stats(run: RunDirectory, instance_ids: Collection[Any]) -> pl.DataFrame:
    """Return the stats of some instances, as if the run had no others.

    No rows if the run lacks the file.

    Raises:
        SuiteError: the file is not what HELM writes; names the file.
    """
    if not instance_ids or PER_INSTANCE_STATS not in run.files:
        return NO_ROWS
    # As texts: an id that is a number in one file may be a text in another.
    wanted = set(map(str, instance_ids))
    return read_chosen_entries(run, lambda entry: str(entry["instance_id"]) in wanted)


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


def _rooms() -> dict[str, Room]:
    return {name: Room() for name in (STATS, PER_INSTANCE_STATS)}


def _batches(runs: Iterable[RunDirectory]) -> Iterator[list[RunDirectory]]:
    """Yield runs that are read together; a large one stands alone."""
    batch: list[RunDirectory] = []
    batch_bytes = 0
    for run in runs:
        run_bytes = sum(file_size(f"{run.path}/{name}") for name in run.files)
        if batch and batch_bytes + run_bytes > BYTES_READ_TOGETHER:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(run)
        batch_bytes += run_bytes
    if batch:
        yield batch


def _read_together(
    runs: Sequence[RunDirectory], rooms: Mapping[str, Room], start: Start = lambda call: call
) -> list[RunFrames]:
    """Return the frames of some runs.

    Args:
        rooms: by file that is a list, where it is put until its frames are made.
        start: starts a call that is free of Python's lock; see ``split_list``.
    """
    lists = {
        name: split_list(_having(name, runs), name, room, start) for name, room in rooms.items()
    }
    frames = (
        _read_those_with(RUN_SPEC, runs, read_run_specs),
        _read_those_with(SCENARIO_STATE, runs, read_states),
        *(
            _read_those_with(name, runs, partial(read_lists, file_name=name, lists=each))
            for name, each in lists.items()
        ),
    )
    return [RunFrames(*of_run) for of_run in zip(*frames, strict=True)]


def _having(file_name: str, runs: Sequence[RunDirectory]) -> list[RunDirectory]:
    return [run for run in runs if file_name in run.files]


def _read_those_with(
    file_name: str, runs: Sequence[RunDirectory], read: ReadRuns
) -> list[pl.DataFrame]:
    """Return the frame of each run, without rows for those that lack the file."""
    having = _having(file_name, runs)
    frames = iter(read(having) if having else ())
    return [next(frames) if file_name in run.files else NO_ROWS for run in runs]
