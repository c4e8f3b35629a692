"""The frames of a run, as MAGNET 0.1.0 flattens its files.

Nested objects become dotted columns, lists stay lists, and every frame has ``run_spec.name``.
The numbers of a stat are floats and its count an integer, whether written as 1 or as 1.0.

A call of Polars takes as long as reading some kilobytes. So small runs are read together, and the
frames of each are slices of what came of that; no run's columns or types depend on the others'.
"""

import json
from collections import deque
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import polars as pl

from runner.contract.layout import PERTURBATION_PREFIX, RUN_NAME, STAT_NAME_PREFIX
from runner.errors import SuiteError
from runner.helm_outputs.documents import (
    PERTURBATION,
    UNREADABLE,
    Columns,
    PolarsType,
    as_floats,
    as_integers,
    flatten,
    parse,
    parse_finite,
    parse_known,
    per_instance_fields,
    stat_fields,
    types_of,
)
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_FILES,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    RunDirectory,
)

INSTANCE_ID = "scenario_state.request_states.instance.id"
STAT_NAME = f"{STAT_NAME_PREFIX}name"

NOT_HELMS = "not what HELM writes, so run HELM again or leave the run out with a glob"

NEEDED_COLUMNS = {
    RUN_SPEC: RUN_NAME,
    SCENARIO_STATE: INSTANCE_ID,
    STATS: STAT_NAME,
    PER_INSTANCE_STATS: "per_instance_stats.instance_id",
}
"""For each file a column without which it is not HELM's."""

COUNTS = (
    "stats.count",
    "per_instance_stats.stats.count",
    "per_instance_stats.train_trial_index",
)

BORDER_ROWS = 1
"""Rows of nulls that ``parse_known`` leaves before each list."""

READ_THREADS = 2
BYTES_READ_TOGETHER = 2**22


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

    Raises:
        SuiteError: a file is not JSON or not what HELM writes; names the file.
    """
    return _read_together([run])[0]


def read_runs(runs: Iterable[RunDirectory]) -> Iterator[RunFrames]:
    """Yield the frames of each run, in order, as ``read_run`` returns them; faster for many.

    Two threads read, as Polars does not hold Python's lock. In memory are at most four batches of
    some megabytes of JSON, or of one run where it is larger.

    Raises:
        SuiteError: as ``read_run``, when the run's turn comes or a few runs before.
    """
    ahead: deque[Future[list[RunFrames]]] = deque()
    with ThreadPoolExecutor(READ_THREADS, thread_name_prefix="read-helm") as pool:
        try:
            for batch in _batches(runs):
                ahead.append(pool.submit(_read_together, batch))
                if len(ahead) > READ_THREADS:
                    yield from ahead.popleft().result()
            while ahead:
                yield from ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def read_scenario_states(run: RunDirectory, instance_ids: Collection[str]) -> pl.DataFrame:
    """Return the request states of some instances, as if the run had no others.

    The frame is made from their JSON alone: not even its columns and types, which follow the
    JSON's keys, tell anything of the other instances.

    Raises:
        SuiteError: the file is not what HELM writes, or lacks an instance; names the file.
    """
    path = run.path / SCENARIO_STATE
    try:
        document = parse_finite(path.read_bytes())
        document["request_states"] = [
            state for state in document["request_states"] if state["instance"]["id"] in instance_ids
        ]
        found = {state["instance"]["id"] for state in document["request_states"]}
    except UNREADABLE as error:
        raise SuiteError(f"{path}: {NOT_HELMS} ({error!r})") from error
    if found != set(instance_ids):
        raise SuiteError(f"{path}: {NOT_HELMS} (instance ids are of several types)")
    if not found:
        return pl.DataFrame(schema={RUN_NAME: pl.String})
    with _naming(run, SCENARIO_STATE):
        document = parse(json.dumps(document).encode())
    return _flatten_states([run], [document])[0]


def _batches(runs: Iterable[RunDirectory]) -> Iterator[list[RunDirectory]]:
    batch: list[RunDirectory] = []
    batch_bytes = 0
    for run in runs:
        batch.append(run)
        batch_bytes += sum((run.path / name).stat().st_size for name in RUN_FILES)
        if batch_bytes >= BYTES_READ_TOGETHER:
            yield batch
            batch, batch_bytes = [], 0
    if batch:
        yield batch


def _read_together(runs: Sequence[RunDirectory]) -> list[RunFrames]:
    stats = _read_stats(runs)
    return list(
        map(
            RunFrames,
            _read_run_specs(runs),
            _read_states(runs),
            stats,
            _read_per_instance_stats(runs, _perturbation_type(stats)),
        )
    )


def _read_run_specs(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the run_specs frame of each run.

    The documents are flattened before Polars reads them, those of the same types in one go.
    """
    groups: dict[Any, list[tuple[RunDirectory, dict[str, Any]]]] = {}
    for run in runs:
        content = _read_bytes(run, RUN_SPEC)
        with _naming(run, RUN_SPEC):
            leaves: dict[str, Any] = {}
            _add_values(parse_finite(content), "run_spec.", leaves)
        groups.setdefault(types_of(leaves), []).append((run, leaves))
    frames: dict[str, pl.DataFrame] = {}
    for group in groups.values():
        run, leaves = group[0]
        with _naming(run, RUN_SPEC):
            # Of an object with more than 32 keys, Polars returns the fields in any order.
            rows = parse(json.dumps([leaves for _, leaves in group]).encode())[list(leaves)]
        _check_columns(rows.columns, run, RUN_SPEC)
        frames |= {run.name: rows.slice(row, 1) for row, (run, _) in enumerate(group)}
    return [frames[run.name] for run in runs]


def _add_values(document: Mapping[str, Any], prefix: str, leaves: dict[str, Any]) -> None:
    for name, value in document.items():
        if isinstance(value, dict):
            _add_values(value, f"{prefix}{name}.", leaves)
        else:
            leaves[prefix + name] = value


def _read_states(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the scenario_states frame of each run."""
    documents = []
    for run in runs:
        content = _read_bytes(run, SCENARIO_STATE)
        with _naming(run, SCENARIO_STATE):
            documents.append(parse(content))
    return _flatten_states(runs, documents)


def _flatten_states(
    runs: Sequence[RunDirectory], documents: Sequence[pl.DataFrame]
) -> list[pl.DataFrame]:
    """Return the flat frame of each document; those of the same types are flattened at once."""
    frames: dict[str, pl.DataFrame] = {}
    for group, rows in _group_by_types(runs, documents):
        with _naming(group[0], SCENARIO_STATE):
            heights = rows["request_states"].list.len().to_list()
            columns = flatten(rows.explode("request_states"), "scenario_state.")
        _check_columns(columns, group[0], SCENARIO_STATE)
        parts = _split(columns, heights, group)
        frames |= {run.name: part for run, part in zip(group, parts, strict=True)}
    return [frames[run.name] for run in runs]


def _group_by_types(
    runs: Sequence[RunDirectory], documents: Sequence[pl.DataFrame]
) -> list[tuple[list[RunDirectory], pl.DataFrame]]:
    """Return runs whose documents have the same columns and types, with these as one frame."""
    groups: list[tuple[list[RunDirectory], pl.DataFrame]] = []
    for run, document in zip(runs, documents, strict=True):
        for number, (members, rows) in enumerate(groups):
            stacked = _stack(rows, document)
            if stacked is not None:
                groups[number] = ([*members, run], stacked)
                break
        else:
            groups.append(([run], document))
    return groups


def _stack(above: pl.DataFrame, below: pl.DataFrame) -> pl.DataFrame | None:
    """Return one frame below the other, or None if a column or a type differs."""
    try:
        below.vstack(above)  # Polars takes a null for any type when it stands below, not above.
        return above.vstack(below)
    except (pl.exceptions.ShapeError, pl.exceptions.SchemaError):
        return None


def _read_stats(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the stats frame of each run."""
    return _read_lists(runs, STATS, stat_fields(PERTURBATION), _flatten_stats)


def _read_per_instance_stats(
    runs: Sequence[RunDirectory], perturbation: PolarsType
) -> list[pl.DataFrame]:
    """Return the per_instance_stats frame of each run.

    Args:
        runs: the runs.
        perturbation: its type in the runs' stats, which is most often its type here.
    """
    fields = per_instance_fields(perturbation)
    return _read_lists(runs, PER_INSTANCE_STATS, fields, _flatten_entries)


def _read_lists(
    runs: Sequence[RunDirectory],
    file_name: str,
    fields: Mapping[str, PolarsType],
    flatten_rows: Callable[[pl.DataFrame, list[int], int], tuple[Columns, list[int]]],
) -> list[pl.DataFrame]:
    """Return the frame of each run's list of objects that most often have these fields alone."""
    contents = [_read_bytes(run, file_name) for run in runs]
    known = parse_known(contents, fields, next(iter(fields)))
    if known is not None:
        columns, heights = flatten_rows(*known, BORDER_ROWS)
        columns = _with_counts(columns)
        if all(columns[name].dtype == pl.Int64 for name in COUNTS if name in columns):
            return _split(columns, heights, runs, borders=BORDER_ROWS, only_present=True)
    if len(runs) > 1:
        parts = [_read_lists([run], file_name, fields, flatten_rows) for run in runs]
        return [frame for (frame,) in parts]
    with _naming(runs[0], file_name):
        rows = parse(contents[0])
        columns, heights = flatten_rows(rows, [rows.height], 0)
        columns = _with_counts({name: as_floats(column) for name, column in columns.items()})
    if columns or file_name == STATS:
        _check_columns(columns, runs[0], file_name)
    return _split(columns, heights, runs)


def _with_counts(columns: Columns) -> Columns:
    counts = {name: as_integers(columns[name]) for name in COUNTS if name in columns}
    return {**columns, **counts}


def _flatten_stats(rows: pl.DataFrame, lengths: list[int], _: int) -> tuple[Columns, list[int]]:
    return flatten(rows, "stats."), lengths


def _flatten_entries(
    entries: pl.DataFrame, lengths: list[int], borders: int
) -> tuple[Columns, list[int]]:
    """Return a row per stat of an entry. Only the stat is flattened, as MAGNET does it.

    Args:
        entries: of some runs.
        lengths: how many entries each run has; how many stats it has comes back.
        borders: rows of nulls before each run; they remain.
    """
    if entries.is_empty():
        return {}, lengths
    lengths_of_lists = entries["stats"].list.len().to_list()
    counts = [borders if count is None else count for count in lengths_of_lists]
    if 0 in counts:
        entries = entries.filter(pl.Series(counts) > 0)
    rows = entries.explode("stats")
    stats = rows.drop_in_place("stats").to_frame()
    rows.columns = [f"per_instance_stats.{name}" for name in rows.columns]
    columns = {**rows.to_dict(), **flatten(stats, "per_instance_stats.")}
    following = iter(counts)
    heights = [sum(islice(following, borders, borders + length)) for length in lengths]
    return columns, heights


def _split(
    columns: Columns,
    heights: Sequence[int],
    runs: Sequence[RunDirectory],
    *,
    borders: int = 0,
    only_present: bool = False,
) -> list[pl.DataFrame]:
    """Return the rows of each run as a frame, its columns in MAGNET's order.

    Args:
        columns: of all runs.
        heights: how many rows each run has.
        runs: the runs, in the order of the rows.
        borders: rows before those of each run that are no one's.
        only_present: leave out columns without a value in a run. HELM leaves out what a stat has
            not, so they are columns of other runs.
    """
    if only_present:
        columns = {name: column for name, column in columns.items() if _has_values(column)}
    frame = pl.DataFrame([columns[name] for name in sorted(columns)])
    frames, start = [], 0
    for run, height in zip(runs, heights, strict=True):
        part = frame.slice(start + borders, height)
        if only_present and not all(map(_has_values, part.get_columns())):
            part = pl.DataFrame([column for column in part.get_columns() if _has_values(column)])
        name = pl.Series(RUN_NAME, [run.name], pl.String).new_from_index(0, height)
        frames.append(part.insert_column(0, name))
        start += borders + height
    return frames


def _has_values(column: pl.Series) -> bool:
    return column.null_count() < column.len()


def _check_columns(columns: Container[str], run: RunDirectory, file_name: str) -> None:
    needed = NEEDED_COLUMNS[file_name]
    if needed not in columns:
        raise SuiteError(f"{run.path / file_name}: {NOT_HELMS} (it has no {needed})")


def _perturbation_type(frames: Sequence[pl.DataFrame]) -> PolarsType:
    """Return the type of the perturbations in stats frames, as one object."""
    found = {
        name.removeprefix(PERTURBATION_PREFIX): frame.get_column(name).dtype
        for frame in frames
        for name in frame.columns
        if name.startswith(PERTURBATION_PREFIX)
    }
    return pl.Struct({**PERTURBATION.to_schema(), **found})


def _read_bytes(run: RunDirectory, file_name: str) -> bytes:
    path = f"{run.path}/{file_name}"
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (Path takes twice as long)
            return file.read()
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}") from error


@contextmanager
def _naming(run: RunDirectory, file_name: str) -> Iterator[None]:
    """Give an error of Polars or of Python's json the name of the file."""
    try:
        yield
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise SuiteError(f"{run.path / file_name}: {NOT_HELMS} ({reason})") from error
