"""One file of several runs -> the frame of each run, as MAGNET 0.1.0 flattens it.

A call of Polars takes as long as reading some kilobytes. So the files are read together, and the
frames are slices of what came of that; no run's columns or types depend on the others'.
"""

import json
from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import polars as pl

from runner.contract.layout import RUN_NAME, STAT_NAME_PREFIX
from runner.errors import SuiteError
from runner.helm_outputs.documents import (
    UNREADABLE,
    Columns,
    PolarsType,
    as_floats,
    as_integers,
    flatten,
    is_named,
    parse,
    parse_file,
    parse_finite,
    types_of,
)
from runner.helm_outputs.repeated_texts import (
    OtherLayoutError,
    Places,
    RowsOfRuns,
    parse_entries,
    parse_stats,
    take,
)
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    RunDirectory,
)

STATES = "request_states"
STATE_INSTANCE_ID = f"scenario_state.{STATES}.instance.id"
STAT_NAME = f"{STAT_NAME_PREFIX}name"

NOT_HELMS = "not what HELM writes, so run HELM again or leave the run out with a glob"

NEEDED_COLUMNS = {
    RUN_SPEC: RUN_NAME,
    SCENARIO_STATE: STATE_INSTANCE_ID,
    STATS: STAT_NAME,
    PER_INSTANCE_STATS: "per_instance_stats.instance_id",
}
"""For each file a column without which it is not HELM's."""

COUNTS = (
    "stats.count",
    "per_instance_stats.stats.count",
    "per_instance_stats.train_trial_index",
)


def read_run_specs(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the run_specs frame of each run.

    The documents are flattened before Polars reads them, those of the same types in one go.
    """
    leaves: list[dict[str, Any]] = []
    groups: dict[Hashable, list[int]] = {}
    for number, run in enumerate(runs):
        content = _read_bytes(run, RUN_SPEC)
        with naming_file(run, RUN_SPEC):
            leaves.append(_find_leaves(parse_finite(content), "run_spec."))
        groups.setdefault(types_of(leaves[number]), []).append(number)
    frames: dict[int, pl.DataFrame] = {}
    for group in groups.values():
        first = group[0]
        with naming_file(runs[first], RUN_SPEC):
            rows = parse(json.dumps([leaves[number] for number in group]).encode())
            # Of an object with more than 32 keys, Polars returns the fields in any order.
            rows = rows[list(leaves[first])]
        _check_columns(rows.columns, runs[first], RUN_SPEC)
        frames |= {number: rows.slice(row, 1) for row, number in enumerate(group)}
    return [frames[number] for number in range(len(runs))]


def _find_leaves(document: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            leaves |= _find_leaves(value, f"{prefix}{name}.")
        else:
            leaves[prefix + name] = value
    return leaves


def parse_states(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return each run's scenario_state.json as it is, to be flattened by ``flatten_states``."""
    documents = []
    for run in runs:
        with naming_file(run, SCENARIO_STATE):
            documents.append(parse_file(f"{run.path}/{SCENARIO_STATE}"))
    return documents


def flatten_states(
    runs: Sequence[RunDirectory], documents: Sequence[pl.DataFrame]
) -> list[pl.DataFrame]:
    """Return the flat frame of each document; those of the same types are flattened at once."""
    opened = []
    for run, document in zip(runs, documents, strict=True):
        with naming_file(run, SCENARIO_STATE):
            opened.append(_open_states(document))
    frames: dict[int, pl.DataFrame] = {}
    for group, columns in _group_by_types(opened):
        members = [runs[number] for number in group]
        heights = [opened[number][STATES].len() for number in group]
        with naming_file(members[0], SCENARIO_STATE):
            flat = _flatten_opened(columns, heights)
        _check_columns(flat, members[0], SCENARIO_STATE)
        frames |= dict(zip(group, _split(flat, heights, members), strict=True))
    return [frames[number] for number in range(len(runs))]


def _open_states(document: pl.DataFrame) -> Columns:
    """Return the columns of a document, of one row each; of its list of states, the elements."""
    columns = {column.name: column for column in document.get_columns()}
    states = columns[STATES][0]
    if document.height != 1 or not isinstance(states, pl.Series):
        raise ValueError(f"{STATES} is not a list of one object")
    return {**columns, STATES: states}


def _flatten_opened(columns: Columns, heights: Sequence[int]) -> Columns:
    """Return the flat columns of opened documents, with what each has once in all its rows.

    Args:
        columns: of documents of the same types, one below the other.
        heights: how many states each document has.
    """
    once = pl.DataFrame([column for name, column in columns.items() if name != STATES])
    return {
        **take(flatten(once, "scenario_state."), _row_numbers(heights)),
        **flatten(columns[STATES].struct.unnest(), f"scenario_state.{STATES}."),
    }


def _group_by_types(documents: Sequence[Columns]) -> list[tuple[list[int], Columns]]:
    """Return the documents of the same columns and types stacked, with their numbers."""
    groups: list[tuple[list[int], Columns]] = []
    for number, document in enumerate(documents):
        for place, (members, rows) in enumerate(groups):
            stacked = _stack(rows, document, documents[members[0]])
            if stacked is not None:
                groups[place] = ([*members, number], stacked)
                break
        else:
            groups.append(([number], document))
    return groups


def _stack(rows: Columns, document: Columns, first: Columns) -> Columns | None:
    """Return the document below the rows, or None if a column or a type differs.

    Args:
        rows: of documents of the same types.
        document: of any types.
        first: the first of the rows.
    """
    if document.keys() != first.keys():
        return None
    try:
        for name, column in document.items():
            # Polars takes a null for any type when it stands below, not above.
            column.clone().append(first[name])
        return {name: column.clone().append(document[name]) for name, column in rows.items()}
    except pl.exceptions.SchemaError:
        return None


def read_stats(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the stats frame of each run."""
    return _read_lists(runs, STATS, parse_stats, lambda rows: flatten(rows, "stats."))


def read_per_instance_stats(
    runs: Sequence[RunDirectory], perturbation: PolarsType
) -> list[pl.DataFrame]:
    """Return the per_instance_stats frame of each run.

    Args:
        runs: the runs.
        perturbation: its type in the runs' stats, which is most often its type here.
    """
    parse_lists = partial(parse_entries, perturbation=perturbation)
    return _read_lists(runs, PER_INSTANCE_STATS, parse_lists, _flatten_entries)


def _read_lists(
    runs: Sequence[RunDirectory],
    file_name: str,
    parse_lists: Callable[[Sequence[bytes]], RowsOfRuns],
    flatten_rows: Callable[[pl.DataFrame], Columns],
) -> list[pl.DataFrame]:
    """Return the frame of each run's list, read together if all are of HELM's layout."""
    contents = [_read_bytes(run, file_name) for run in runs]
    try:
        columns, heights = parse_lists(contents)
        columns = _with_integer_counts(columns)
    except OtherLayoutError:
        if len(runs) == 1:
            return [_infer_list(runs[0], file_name, contents[0], flatten_rows)]
        parts = [_read_lists([run], file_name, parse_lists, flatten_rows) for run in runs]
        return [frame for (frame,) in parts]
    frames = _split(columns, heights, runs)
    with_nulls = [name for name, column in columns.items() if column.null_count()]
    frames_or_none = [
        _leave_out_absent(frame, content, with_nulls)
        for frame, content in zip(frames, contents, strict=True)
    ]
    return [
        _infer_list(run, file_name, content, flatten_rows) if frame is None else frame
        for run, content, frame in zip(runs, contents, frames_or_none, strict=True)
    ]


def _leave_out_absent(
    frame: pl.DataFrame, content: bytes, with_nulls: Sequence[str]
) -> pl.DataFrame | None:
    """Return the frame without columns of fields that the document has not.

    None if it may have one of them: a null that is written, which HELM does not do, is a column.

    Args:
        with_nulls: the columns that have nulls here or in other runs.
    """
    if frame.height == 0:
        return pl.DataFrame(frame.get_columns()[:1])
    absent = {name for name in with_nulls if frame.get_column(name).null_count() == frame.height}
    if not absent:
        return frame
    for name in absent:
        if all(is_named(field, content) for field in name.split(".")[1:]):
            return None
    return pl.DataFrame([column for column in frame.get_columns() if column.name not in absent])


def _infer_list(
    run: RunDirectory,
    file_name: str,
    content: bytes,
    flatten_rows: Callable[[pl.DataFrame], Columns],
) -> pl.DataFrame:
    """Return the frame of a run's list of objects that may have any fields."""
    with naming_file(run, file_name):
        rows = parse(content)
        columns = {name: as_floats(column) for name, column in flatten_rows(rows).items()}
    if columns or file_name == STATS:
        _check_columns(columns, run, file_name)
    height = next(iter(columns.values())).len() if columns else 0
    (frame,) = _split(_with_counts(columns) if height else {}, [height], [run])
    return frame


def _with_integer_counts(columns: Columns) -> Columns:
    columns = _with_counts(columns)
    if any(columns[name].dtype != pl.Int64 for name in COUNTS if name in columns):
        raise OtherLayoutError
    return columns


def _with_counts(columns: Columns) -> Columns:
    counts = {name: as_integers(columns[name]) for name in COUNTS if name in columns}
    return {**columns, **counts}


def _flatten_entries(entries: pl.DataFrame) -> Columns:
    """Return a row per stat of an entry. Only the stat is flattened, as MAGNET does it."""
    if entries.is_empty():
        return {}
    rows = entries.filter(pl.col("stats").list.len() > 0).explode("stats")
    stats = rows.drop_in_place("stats").to_frame()
    rows.columns = [f"per_instance_stats.{name}" for name in rows.columns]
    return {**rows.to_dict(), **flatten(stats, "per_instance_stats.")}


def _split(
    columns: Columns, heights: Sequence[int], runs: Sequence[RunDirectory]
) -> list[pl.DataFrame]:
    """Return the rows of each run as a frame, its columns in MAGNET's order.

    Args:
        columns: of all runs.
        heights: how many rows each run has.
        runs: the runs, in the order of the rows.
    """
    names = {RUN_NAME: pl.Series(RUN_NAME, [run.name for run in runs], pl.String)}
    ordered = take(names, _row_numbers(heights)) | dict(sorted(columns.items()))
    frame = pl.DataFrame(list(ordered.values()))
    starts = accumulate(heights, initial=0)
    return [frame.slice(start, height) for start, height in zip(starts, heights, strict=False)]


def _row_numbers(heights: Sequence[int]) -> Places:
    """Return the number of each run, once for each of its rows."""
    return np.repeat(np.arange(len(heights), dtype=np.uint32), heights)


def _check_columns(columns: Container[str], run: RunDirectory, file_name: str) -> None:
    needed = NEEDED_COLUMNS[file_name]
    if needed not in columns:
        raise SuiteError(f"{run.path / file_name}: {NOT_HELMS} (it has no {needed})")


def _read_bytes(run: RunDirectory, file_name: str) -> bytes:
    path = f"{run.path}/{file_name}"
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (Path takes twice as long)
            return file.read()
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}") from error


@contextmanager
def naming_file(run: RunDirectory, file_name: str) -> Iterator[None]:
    """Give an error of Polars or of Python's json the name of the file."""
    try:
        yield
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise SuiteError(f"{run.path / file_name}: {NOT_HELMS} ({reason})") from error
