"""HELM's JSON documents -> Polars frames; the types follow from the document alone.

Polars infers a schema from the whole document, then reads it. For lists of stats, two thirds of
what HELM writes, inferring takes longer than reading, and what a stat holds is known. So they are
read with HELM's own schema first, and inferred where they turn out to hold something else.
"""

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import pairwise
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

PERTURBATION = pl.Struct(
    {
        "name": pl.String,
        "robustness": pl.Boolean,
        "fairness": pl.Boolean,
        "computed_on": pl.String,
    }
)
"""What every perturbation has. The parameters of each kind stand beside it."""

OPTIONAL = ("sub_split", "perturbation")
"""Fields that are left out of most documents: reading their nulls would take time."""

STAT_VALUES = ("count", "sum", "sum_squared", "min", "max", "mean", "variance", "stddev")


def stat_fields(perturbation: PolarsType) -> dict[str, PolarsType]:
    """Return the fields of a stat whose perturbation, if it has one, is of this type."""
    name = {
        "name": pl.String,
        "split": pl.String,
        "sub_split": pl.String,
        "perturbation": perturbation,
    }
    return {"name": pl.Struct(name), **dict.fromkeys(STAT_VALUES, pl.Float64)}


def per_instance_fields(perturbation: PolarsType) -> dict[str, PolarsType]:
    """Return the fields of an entry of per_instance_stats.json."""
    return {
        "instance_id": pl.String,
        "perturbation": perturbation,
        "train_trial_index": pl.Float64,
        "stats": pl.List(pl.Struct(stat_fields(perturbation))),
    }


def parse(content: bytes) -> pl.DataFrame:
    """Return the document: a row for each element of a list, one row for an object."""
    try:
        return pl.read_json(content, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        # Python's json, which HELM writes with, has NaN and Infinity; JSON and Polars have not.
        return pl.read_json(json.dumps(parse_finite(content)).encode(), infer_schema_length=None)


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


def parse_known(
    contents: Sequence[bytes], fields: Mapping[str, PolarsType], key: str
) -> tuple[pl.DataFrame, list[int]] | None:
    """Return the elements of several lists, a row of nulls before each list, and their lengths.

    None if a list is not one of objects that have a ``key`` and no other than these fields.

    All lists are read as one. The nulls before each mark the border, and from the first of them
    Polars takes the names. The types are those of ``fields``; what an element has besides, Polars
    refuses.
    """
    absent = {name for name in OPTIONAL if not any(is_named(name, each) for each in contents)}
    types = {name: _without(dtype, absent) for name, dtype in fields.items() if name not in absent}
    border = json.dumps(dict.fromkeys(types)).encode()
    try:
        parts = [part for content in contents for part in (b",", border, b",", _inside(content))]
        document = b"".join([b"[", *parts[1:], b"]"])
        rows = pl.read_json(document, schema_overrides=types, infer_schema_length=1)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError):
        return None
    if rows.get_column(key).null_count() != len(contents):
        return None
    borders = rows.get_column(key).is_null().arg_true().to_list()
    return rows, [end - start - 1 for start, end in pairwise([*borders, rows.height])]


def is_named(name: str, content: bytes) -> bool:
    """Return whether a field of this name can be in a document."""
    return f'"{name}"'.encode() in content


def _without(dtype: PolarsType, absent: Collection[str]) -> PolarsType:
    if isinstance(dtype, pl.List):
        return pl.List(_without(dtype.inner, absent))
    if isinstance(dtype, pl.Struct):
        fields = {name: _without(field, absent) for name, field in dtype if name not in absent}
        return pl.Struct(fields)
    return dtype


def _inside(content: bytes) -> memoryview:
    """Return what a JSON list has between its brackets."""
    end = content.rindex(b"]")
    if not content.startswith(b"[") or content[end + 1 :].strip():
        raise ValueError("no list")
    return memoryview(content)[1:end]


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
