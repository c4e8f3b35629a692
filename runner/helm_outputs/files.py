"""One file of several runs -> the frame of each run, as MAGNET 0.1.0 flattens it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, repeat
from typing import Any, NamedTuple

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.helm_outputs.column_names import ENTRY, ENTRY_ID
from runner.helm_outputs.columns import Cells, flatten, leaf_names
from runner.helm_outputs.documents import Documents, Room, read_documents, read_file
from runner.helm_outputs.file_checks import as_list, check_columns, checked, naming_file
from runner.helm_outputs.json_text import parse, to_text
from runner.helm_outputs.layout_texts import (
    ELEMENT_BORDER,
    STAT_BORDER,
    OtherLayoutError,
    Texts,
    split,
)
from runner.helm_outputs.repeated_texts import parse_entries, parse_stats, with_counts
from runner.helm_outputs.runs import PER_INSTANCE_STATS, RUN_SPEC, STATS, RunDirectory
from runner.helm_outputs.tables import cut_series, to_frames

NO_FLOATS = (ENTRY_ID, f"{ENTRY}perturbation")
"""Columns of lists of stats in which a number stays what it is."""


def read_run_specs(runs: Sequence[RunDirectory]) -> list[pl.DataFrame]:
    """Return the run_specs frame of each run, its columns in the order of the file."""
    documents, orders = [], []
    for run in runs:
        with naming_file(run, RUN_SPEC):
            document = parse(read_file(f"{run.path}/{RUN_SPEC}"))
            orders.append(leaf_names(document, "run_spec."))
            documents.append(document)
    with naming_file(runs[0], RUN_SPEC):
        columns = flatten(documents, "run_spec.")
        frames = to_frames(columns, [1] * len(runs), orders=orders)
    return checked(frames, runs, RUN_SPEC)


class SplitLists(NamedTuple):
    """A list of stats of some runs, as it was read, and what returns its texts."""

    documents: Documents
    texts: Callable[[], Texts]


Start = Callable[[Callable[[], Texts]], Callable[[], Texts]]
"""Starts a call, e.g. in another thread, and returns what waits for its result."""


def split_list(
    runs: Sequence[RunDirectory], file_name: str, room: Room, start: Start = lambda call: call
) -> SplitLists:
    """Return the list of stats of some runs, for ``read_lists``.

    Args:
        room: which they are in until they have been read.
    """
    documents = read_documents([f"{run.path}/{file_name}" for run in runs], room)
    border = ELEMENT_BORDER if file_name == STATS else STAT_BORDER
    return SplitLists(documents, start(partial(split, documents, border)))


def read_lists(
    runs: Sequence[RunDirectory], file_name: str, lists: SplitLists
) -> list[pl.DataFrame]:
    """Return the frame of each run's list, read together if all are of HELM's layout."""
    parse_texts = parse_stats if file_name == STATS else parse_entries
    try:
        columns, heights = parse_texts(lists.texts())
    except OtherLayoutError:
        if len(runs) == 1:
            return [_read_list(runs[0], file_name, lists.documents.content.data)]
        return [
            read_lists([run], file_name, split_list([run], file_name, Room()))[0] for run in runs
        ]
    return cut_series(columns, heights, [run.name for run in runs])


def read_chosen_entries(
    run: RunDirectory, is_chosen: Callable[[Mapping[str, Any]], bool]
) -> pl.DataFrame:
    """Return the frame of some entries of a run's per-instance stats, made from them alone."""
    with naming_file(run, PER_INSTANCE_STATS):
        entries = as_list(parse(read_file(run.path / PER_INSTANCE_STATS)))
        chosen = [entry for entry in entries if is_chosen(entry)]
    return _read_list(run, PER_INSTANCE_STATS, memoryview(to_text(chosen)))


def _read_list(run: RunDirectory, file_name: str, content: memoryview) -> pl.DataFrame:
    """Return the frame of a run's list of objects that may have any fields."""
    with naming_file(run, file_name):
        objects = as_list(parse(content))
        rows = flatten(objects, "stats.") if file_name == STATS else _flatten_entries(objects)
        height = len(next(iter(rows.values()), ()))
        (frame,) = to_frames(rows, [height], {RUN_NAME: [run.name]})
        columns = {
            column.name: column if column.name in NO_FLOATS else as_floats(column)
            for column in frame.get_columns()
        }
        frame = pl.DataFrame(list(with_counts(columns).values()))
    if frame.width > 1 or file_name == STATS:
        check_columns(frame, run, file_name)
    return frame


def _flatten_entries(entries: Sequence[Mapping[str, Any]]) -> dict[str, Cells]:
    """Return a row per stat of an entry. Only the stat is flattened, as MAGNET does it."""
    lists = [as_list(entry["stats"]) for entry in entries]
    columns = flatten(list(chain.from_iterable(lists)), f"{ENTRY}stats.")
    names = dict.fromkeys(name for entry in entries for name in entry if name != "stats")
    for name in names if columns else ():
        cells = [entry.get(name) for entry in entries]
        columns[f"{ENTRY}{name}"] = list(chain.from_iterable(map(repeat, cells, map(len, lists))))
    return columns


def as_floats(column: pl.Series) -> pl.Series:
    """Return the column with floats in place of integers, also of those in lists."""
    dtype = column.dtype
    if isinstance(dtype, pl.List) and dtype.inner.is_numeric():
        return column.cast(pl.List(pl.Float64))
    return column.cast(pl.Float64) if dtype.is_numeric() else column
