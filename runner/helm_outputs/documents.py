"""HELM's JSON documents -> Polars frames; the types follow from the document alone.

Polars infers a schema from the whole document, then reads it.
"""

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from polars.datatypes import DataTypeClass

PolarsType = pl.DataType | DataTypeClass

Columns = dict[str, pl.Series]
"""The columns of a frame by name."""

UNREADABLE = (
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError),
    *(ValueError, KeyError, TypeError, RecursionError),
)
"""What reading a file raises that is not JSON, or not of the form that HELM gives it."""


def parse(content: bytes) -> pl.DataFrame:
    """Return the document: a row for each element of a list, one row for an object."""
    try:
        return pl.read_json(content, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        # Python's json, which HELM writes with, has NaN and Infinity; JSON and Polars have not.
        return pl.read_json(json.dumps(parse_finite(content)).encode(), infer_schema_length=None)


def parse_file(path: str) -> pl.DataFrame:
    """Return the document as ``parse`` does. Polars reads the file, without Python's lock."""
    try:
        return pl.read_json(path, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        return parse(Path(path).read_bytes())


def parse_finite(content: bytes) -> Any:
    """Return the document as Python's json reads it, null for a NaN or an infinity."""
    return json.loads(content, parse_constant=lambda _: None)


def types_of(value: Any) -> Hashable:
    """Return what is equal for two JSON values if ``parse`` gives both the same type."""
    kind = type(value)
    if kind is dict:
        return tuple(value), *map(types_of, value.values())
    if kind is list:
        return kind, *map(types_of, value)
    is_large = kind is int and not -(2**63) <= value < 2**63
    return kind, is_large


def is_named(name: str, content: bytes) -> bool:
    """Return whether a field of this name can be in a document."""
    return f'"{name}"'.encode() in content


def flatten(frame: pl.DataFrame, prefix: str) -> Columns:
    """Return a column for every leaf of the objects, by dotted name; ``{}`` has none."""
    columns: Columns = {}
    _add_leaves(frame, prefix, frame.schema, columns)
    return columns


def _add_leaves(
    frame: pl.DataFrame, prefix: str, types: Mapping[str, PolarsType], columns: Columns
) -> None:
    # The types are handed down: asking Polars for those of each object takes longer than the rest.
    names = [prefix + name for name in types]
    frame = frame.clone()
    frame.columns = names
    for name, column, dtype in zip(names, frame.get_columns(), types.values(), strict=True):
        if isinstance(dtype, pl.Struct):
            _add_leaves(column.struct.unnest(), f"{name}.", dict(dtype), columns)
        else:
            columns[name] = column


def as_floats(column: pl.Series) -> pl.Series:
    """Return the column with floats in place of integers, at any depth."""
    return column.cast(_float_type(column.dtype))


def _float_type(dtype: PolarsType) -> PolarsType:
    if isinstance(dtype, pl.Struct):
        return pl.Struct({name: _float_type(field) for name, field in dtype})
    if isinstance(dtype, pl.List):
        return pl.List(_float_type(dtype.inner))
    return pl.Float64 if dtype.is_numeric() else dtype


def as_integers(column: pl.Series) -> pl.Series:
    """Return floats as integers if all are whole; any other column as it is."""
    if column.dtype != pl.Float64:
        return column
    integers = column.cast(pl.Int64, strict=False)
    return integers if integers.cast(pl.Float64).equals(column) else column
