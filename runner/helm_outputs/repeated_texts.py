"""HELM's lists of stats -> columns, each distinct text of a stat parsed once.

Two thirds of what HELM writes are stats, and most of them it writes again and again, letter by
letter: an instance's number of references, a score of 0 or 1. So their text is taken apart where
HELM's layout has a border between two stats, and equal texts are parsed as one.

Nothing is taken on trust. A layout border holds a line break, which no JSON string can, so it is
one between two objects of a list. And the texts are parsed as JSON all the same: a document that
is laid out in another way, or holds anything else, is left to Polars as a whole.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from runner.helm_outputs.columns import ABSENT, UNFIT, Absent, Cells, flatten
from runner.helm_outputs.json_text import parse, to_text
from runner.helm_outputs.layout_texts import (
    OtherLayoutError,
    Places,
    Texts,
    find_entries,
    find_stats,
)

Columns = dict[str, pl.Series]
"""The columns of a frame by name."""

TYPES = {str: pa.string(), bool: pa.bool_(), int: pa.float64(), float: pa.float64()}
"""Of the values of a stat and of its name."""

COUNTS = (
    "stats.count",
    "per_instance_stats.stats.count",
    "per_instance_stats.train_trial_index",
)

RowsOfRuns = tuple[Columns, list[int]]
"""Columns with the rows of some runs, one run below the other, and how many rows each has."""


def parse_stats(texts: Texts) -> RowsOfRuns:
    """Return the stats of several stats.json.

    Raises:
        OtherLayoutError: see there.
    """
    parts = find_stats(texts)
    stats = flatten(_parse_distinct(parts.stats), "stats.")
    columns = _with_integer_counts(_uniform(stats, "stats.name.name"))
    return take(columns, parts.stat_places), np.diff(parts.bounds).tolist()


def parse_entries(texts: Texts) -> RowsOfRuns:
    """Return the stats of several per_instance_stats.json, beside the fields of their entries.

    Raises:
        OtherLayoutError: see there.
    """
    parts = find_entries(texts)
    counts = np.diff(parts.starts, append=len(parts.stat_places))
    prefix = "per_instance_stats."
    stats = flatten(_parse_distinct(parts.stats), f"{prefix}stats.")
    of_stats = _with_integer_counts(_uniform(stats, f"{prefix}stats.name.name"))
    of_heads = _with_integer_counts(_read_heads(_parse_distinct(parts.heads), prefix))
    return {
        **take(of_heads, np.repeat(parts.head_places, counts)),
        **take(of_stats, parts.stat_places),
    }, np.diff(parts.bounds).tolist()


def _read_heads(heads: Sequence[dict[str, object]], prefix: str) -> Columns:
    """Return the fields of entries. MAGNET keeps a perturbation whole: it becomes a JSON text."""
    perturbations = [head.pop("perturbation", ABSENT) for head in heads]
    columns = _uniform(flatten(heads, prefix), f"{prefix}instance_id")
    if columns[f"{prefix}instance_id"].dtype != pl.String:
        raise OtherLayoutError
    kinds = set(map(type, perturbations)) - {Absent}
    if not kinds <= {dict}:
        raise OtherLayoutError
    if kinds:
        texts = [None if each is ABSENT else to_text(each) for each in perturbations]
        columns[f"{prefix}perturbation"] = pl.Series(texts, dtype=pl.Binary)
    return columns


def _parse_distinct(texts: Sequence[bytes]) -> list[dict[str, object]]:
    """Return the object of each text.

    Args:
        texts: what objects have between their braces.
    """
    inside = b"},{".join(texts)
    try:
        objects: list[dict[str, object]] = parse(b"".join([b"[{", inside, b"}]"]))
    except (ValueError, RecursionError) as error:
        raise OtherLayoutError from error
    # With no list in it, and as many objects as texts, the document has an object for each text.
    if b"[" in inside or len(objects) != max(1, len(texts)):
        raise OtherLayoutError
    return objects


def _uniform(columns: dict[str, Cells], key: str) -> Columns:
    """Return the columns, if every run's have the types that those of all have.

    Args:
        key: a column that every row has.
    """
    uniform = {}
    for name, cells in columns.items():
        kinds = set(map(type, cells))
        has_gaps = Absent in kinds
        types = {TYPES.get(kind) for kind in kinds - {Absent}}
        if len(types) != 1 or None in types:
            raise OtherLayoutError
        try:
            values = [None if cell is ABSENT else cell for cell in cells] if has_gaps else cells
            uniform[name] = pl.Series(name, pa.array(values, types.pop()))
        except UNFIT as error:
            raise OtherLayoutError from error
    if key not in uniform or uniform[key].has_nulls():
        raise OtherLayoutError
    return uniform


def _with_integer_counts(columns: Columns) -> Columns:
    columns = with_counts(columns)
    if any(columns[name].dtype != pl.Int64 for name in COUNTS if name in columns):
        raise OtherLayoutError
    return columns


def with_counts(columns: Columns) -> Columns:
    """Return the columns with counts as integers, if they are whole."""
    counts = {name: as_integers(columns[name]) for name in COUNTS if name in columns}
    return {**columns, **counts}


def as_integers(column: pl.Series) -> pl.Series:
    """Return floats as integers if all are whole; any other column as it is."""
    if column.dtype != pl.Float64:
        return column
    integers = column.cast(pl.Int64, strict=False)
    return integers if integers.cast(pl.Float64).equals(column) else column


def take(columns: Columns, places: Places) -> Columns:
    """Return the columns with these of their rows."""
    if not columns:
        return {}
    # In one call: Polars takes several columns at a time, without Python's lock.
    rows = pl.DataFrame(columns)[pl.Series(places)]
    return dict(zip(columns, rows.get_columns(), strict=True))
