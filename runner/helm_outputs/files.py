"""One file of several runs -> the frame of each run, as MAGNET 0.1.0 flattens it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, chain, repeat
from typing import Any

import numpy as np
import polars as pl

from runner.contract.layout import RUN_NAME, STAT_NAME_PREFIX
from runner.errors import SuiteError
from runner.helm_outputs.columns import Cells, flatten
from runner.helm_outputs.json_text import parse
from runner.helm_outputs.repeated_texts import (
    Columns,
    OtherLayoutError,
    RowsOfRuns,
    as_integers,
    parse_entries,
    parse_stats,
    take,
)
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    UNREADABLE,
    RunDirectory,
    read_file,
)
from runner.helm_outputs.tables import to_frames

STATES = "request_states"
STATE_INSTANCE_ID = f"scenario_state.{STATES}.instance.id"
STAT_NAME = f"{STAT_NAME_PREFIX}name"
ENTRY = "per_instance_stats."
ENTRY_ID = f"{ENTRY}instance_id"

NOT_HELMS = "not what HELM writes, so run HELM again or leave the run out with a glob"

NEEDED_COLUMNS: Mapping[str, tuple[str, tuple[type[pl.DataType], ...]]] = {
    RUN_SPEC: (RUN_NAME, (pl.String,)),
    SCENARIO_STATE: (STATE_INSTANCE_ID, (pl.String, pl.Int64)),
    STATS: (STAT_NAME, (pl.String,)),
    PER_INSTANCE_STATS: (ENTRY_ID, (pl.String, pl.Int64)),
}
"""For each file a column without which it is not HELM's, and the types that it may have."""

COUNTS = ("stats.count", f"{ENTRY}stats.count", f"{ENTRY}train_trial_index")

NO_FLOATS = (ENTRY_ID, f"{ENTRY}perturbation")
"""Columns of lists of stats in which a number stays what it is."""


def read_run_specs(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the run_specs frame of each run, its columns in the order of the file."""
    documents, orders = [], []
    for run in runs:
        with naming_file(run, RUN_SPEC):
            document = parse(read_file(run.path / RUN_SPEC))
            orders.append(list(flatten([document], "run_spec.")))
            documents.append(document)
    with naming_file(runs[0], RUN_SPEC):
        columns = flatten(documents, "run_spec.")
        frames = to_frames(columns, [1] * len(runs), orders)
    return _checked(frames, runs, RUN_SPEC)


def read_states(
    runs: Sequence[RunDirectory], choose: Callable[[list[Any]], list[Any]] = lambda states: states
) -> list[pl.DataFrame]:
    """Return the scenario_states frame of each run.

    Args:
        choose: returns the request states that count, as if the file had no others.
    """
    documents, states, heights = [], [], []
    for run in runs:
        with naming_file(run, SCENARIO_STATE):
            document = parse(read_file(run.path / SCENARIO_STATE))
            chosen = choose(_as_list(document.pop(STATES)))
            documents.append(document)
        if not chosen:  # beside other runs it would have their columns
            raise SuiteError(f"{run.path / SCENARIO_STATE}: {NOT_HELMS} (it has no {STATES})")
        states += chosen
        heights.append(len(chosen))
    try:
        with naming_file(runs[0], SCENARIO_STATE):
            columns = flatten(states, f"scenario_state.{STATES}.")
            for name, cells in flatten(documents, "scenario_state.").items():
                columns[name] = _repeat(cells, heights)
            # What is not in a column is freed before the columns become arrays.
            states.clear()
            names = _repeat([run.name for run in runs], heights)
            frames = to_frames({RUN_NAME: names} | dict(sorted(columns.items())), heights)
    except SuiteError:
        if len(runs) == 1:
            raise
        return [frame for run in runs for frame in read_states([run], choose)]
    return _checked(frames, runs, SCENARIO_STATE)


def _repeat(cells: Cells, counts: Iterable[int]) -> list[Any]:
    """Return each cell as often as its count says."""
    return list(chain.from_iterable(map(repeat, cells, counts)))


def read_stats(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the stats frame of each run."""
    return _read_lists(runs, STATS, parse_stats)


def read_per_instance_stats(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the per_instance_stats frame of each run."""
    return _read_lists(runs, PER_INSTANCE_STATS, parse_entries)


def _read_lists(
    runs: Sequence[RunDirectory],
    file_name: str,
    parse_lists: Callable[[Sequence[bytes]], RowsOfRuns],
) -> list[pl.DataFrame]:
    """Return the frame of each run's list, read together if all are of HELM's layout."""
    contents = [read_file(run.path / file_name) for run in runs]
    try:
        columns, heights = parse_lists(contents)
        columns = _with_integer_counts(columns)
    except OtherLayoutError:
        if len(runs) == 1:
            return [_read_list(runs[0], file_name, contents[0])]
        parts = [_read_lists([run], file_name, parse_lists) for run in runs]
        return [frame for (frame,) in parts]
    return [_leave_out_absent(frame) for frame in _split(columns, heights, runs)]


def _leave_out_absent(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame without columns of fields that only other runs have."""
    columns = frame.get_columns()
    absent = {column.name for column in columns if column.null_count() == frame.height}
    return frame.drop(absent - {RUN_NAME}) if absent else frame


def _read_list(run: RunDirectory, file_name: str, content: bytes) -> pl.DataFrame:
    """Return the frame of a run's list of objects that may have any fields."""
    with naming_file(run, file_name):
        objects = _as_list(parse(content))
        rows = flatten(objects, "stats.") if file_name == STATS else _flatten_entries(objects)
        height = len(next(iter(rows.values()), ()))
        (frame,) = to_frames({RUN_NAME: [run.name] * height} | dict(sorted(rows.items())), [height])
        columns = {
            column.name: column if column.name in NO_FLOATS else as_floats(column)
            for column in frame.get_columns()
        }
        frame = pl.DataFrame(list(_with_counts(columns).values()))
    if frame.width > 1 or file_name == STATS:
        _check_columns(frame, run, file_name)
    return frame


def _flatten_entries(entries: Sequence[Mapping[str, Any]]) -> dict[str, Cells]:
    """Return a row per stat of an entry. Only the stat is flattened, as MAGNET does it."""
    lists = [_as_list(entry["stats"]) for entry in entries]
    columns = flatten(list(chain.from_iterable(lists)), f"{ENTRY}stats.")
    names = dict.fromkeys(name for entry in entries for name in entry if name != "stats")
    for name in names if columns else ():
        cells = [entry.get(name) for entry in entries]
        columns[f"{ENTRY}{name}"] = _repeat(cells, map(len, lists))
    return columns


def _as_list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError(f"expected a list, not {value!r:.40}")
    return value


def as_floats(column: pl.Series) -> pl.Series:
    """Return the column with floats in place of integers, also of those in lists."""
    dtype = column.dtype
    if isinstance(dtype, pl.List) and dtype.inner.is_numeric():
        return column.cast(pl.List(pl.Float64))
    return column.cast(pl.Float64) if dtype.is_numeric() else column


def _with_integer_counts(columns: Columns) -> Columns:
    columns = _with_counts(columns)
    if any(columns[name].dtype != pl.Int64 for name in COUNTS if name in columns):
        raise OtherLayoutError
    return columns


def _with_counts(columns: Columns) -> Columns:
    counts = {name: as_integers(columns[name]) for name in COUNTS if name in columns}
    return {**columns, **counts}


def _split(
    columns: Columns, heights: Sequence[int], runs: Sequence[RunDirectory]
) -> list[pl.DataFrame]:
    """Return the rows of each run as a frame.

    Args:
        columns: of all runs.
        heights: how many rows each run has.
        runs: the runs, in the order of the rows.
    """
    rows = np.repeat(np.arange(len(heights), dtype=np.uint32), heights)
    names = {RUN_NAME: pl.Series(RUN_NAME, [run.name for run in runs], pl.String)}
    frame = pl.DataFrame(list((take(names, rows) | dict(sorted(columns.items()))).values()))
    starts = accumulate(heights, initial=0)
    return [frame.slice(start, height) for start, height in zip(starts, heights, strict=False)]


def _checked(
    frames: list[pl.DataFrame], runs: Sequence[RunDirectory], file_name: str
) -> list[pl.DataFrame]:
    for frame, run in zip(frames, runs, strict=True):
        _check_columns(frame, run, file_name)
    return frames


def _check_columns(frame: pl.DataFrame, run: RunDirectory, file_name: str) -> None:
    needed, types = NEEDED_COLUMNS[file_name]
    if needed not in frame.columns:
        raise SuiteError(f"{run.path / file_name}: {NOT_HELMS} (it has no {needed})")
    if frame[needed].dtype not in types:
        raise SuiteError(
            f"{run.path / file_name}: {NOT_HELMS} ({needed} is no text, or not in every place)"
        )


@contextmanager
def naming_file(run: RunDirectory, file_name: str) -> Iterator[None]:
    """Give an error of parsing or of Arrow the name of the file."""
    try:
        yield
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise SuiteError(f"{run.path / file_name}: {NOT_HELMS} ({reason})") from error
