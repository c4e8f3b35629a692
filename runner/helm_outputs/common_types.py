"""Types that frames of several runs can share: free-form ``args``, HELM of 2022 and of today.

MAGNET's pandas keeps a cell of any type in any column; a column of Arrow and Parquet has one type.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl
from polars.datatypes import DataTypeClass

from runner.helm_outputs.json_text import JSON, to_text

PolarsType = pl.DataType | DataTypeClass


def common_schema(schemas: Iterable[Mapping[str, PolarsType]]) -> dict[str, PolarsType]:
    """Return a schema that frames with any of these can be converted to.

    Columns and fields are in order of first appearance. Integers and floats become floats, objects
    get the fields of all, lists the items of all. What fits no other way becomes a JSON text.
    """
    common: dict[str, PolarsType] = {}
    for schema in schemas:
        for name, dtype in schema.items():
            common[name] = _common_type(common.get(name, pl.Null()), dtype)
    return common


def conform(frame: pl.DataFrame, schema: Mapping[str, PolarsType]) -> pl.DataFrame:
    """Return the frame with the columns and types of a common schema; null where it had none."""
    own = frame.schema
    if list(own.items()) == list(schema.items()):
        return frame
    return frame.select(
        _conform_column(frame[name], dtype).alias(name)
        if name in own
        else pl.lit(None, dtype).alias(name)
        for name, dtype in schema.items()
    )


def join(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the frames one below the other, at least one, in the schema that all can have."""
    schema = common_schema(frame.schema for frame in frames)
    return pl.concat([conform(frame, schema) for frame in frames])


def plain_cells(column: pl.Series) -> list[Any]:
    """Return a column's cells as HELM's JSON had them: without the keys that objects had not."""
    convert = _to_plain(column.dtype)
    return column.to_list() if convert is None else list(map(convert, column.to_list()))


def plain_rows(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Give the rows of a frame by column, their cells as ``plain_cells`` returns them."""
    names = frame.columns
    for cells in zip(*map(plain_cells, frame.get_columns()), strict=True):
        yield dict(zip(names, cells, strict=True))


def _to_plain(dtype: PolarsType) -> Callable[[Any], Any] | None:
    """Return what makes cells of a type plain; None if they are."""
    if dtype == JSON:
        return _parse_json
    if isinstance(dtype, pl.List):
        convert_item = _to_plain(dtype.inner)
        return None if convert_item is None else partial(_plain_list, convert_item)
    if isinstance(dtype, pl.Struct):
        converts = {
            name: convert for name, inner in dtype if (convert := _to_plain(inner)) is not None
        }
        return partial(_plain_object, converts)
    return None


def _parse_json(cell: bytes | None) -> Any:
    return None if cell is None else json.loads(cell)


def _plain_list(convert_item: Callable[[Any], Any], cell: list[Any] | None) -> list[Any] | None:
    return None if cell is None else list(map(convert_item, cell))


def _plain_object(
    converts: Mapping[str, Callable[[Any], Any]], cell: dict[str, Any] | None
) -> dict[str, Any] | None:
    if cell is None:
        return None
    members = {name: value for name, value in cell.items() if value is not None}
    for name in converts.keys() & members.keys():
        members[name] = converts[name](members[name])
    return members


def _common_type(one: PolarsType, other: PolarsType) -> PolarsType:
    if one == other or other == pl.Null():
        return one
    if one == pl.Null():
        return other
    if isinstance(one, pl.List) and isinstance(other, pl.List):
        return pl.List(_common_type(one.inner, other.inner))
    if isinstance(one, pl.Struct) and isinstance(other, pl.Struct):
        return pl.Struct(_common_fields(one, other))
    if {one, other} == {pl.Int64(), pl.Float64()}:
        return pl.Float64()
    return JSON


def _common_fields(one: pl.Struct, other: pl.Struct) -> dict[str, PolarsType]:
    fields: dict[str, PolarsType] = dict(one)
    for name, dtype in other:
        fields[name] = _common_type(fields.get(name, pl.Null()), dtype)
    return fields


def _conform_column(column: pl.Series, wanted: PolarsType) -> pl.Expr:
    own = column.dtype
    if _becomes_json(own, wanted):
        cells = [_convert_cell(cell, own, wanted) for cell in column.to_list()]
        return pl.lit(pl.Series(cells, dtype=wanted))
    return _convert(pl.col(column.name), own, wanted)


def _becomes_json(own: PolarsType, wanted: PolarsType) -> bool:
    """Return whether anything of another type becomes a JSON text."""
    if own in (wanted, pl.Null()):
        return False
    if isinstance(own, pl.List) and isinstance(wanted, pl.List):
        return _becomes_json(own.inner, wanted.inner)
    if isinstance(own, pl.Struct) and isinstance(wanted, pl.Struct):
        types = wanted.to_schema()
        return any(_becomes_json(dtype, types[name]) for name, dtype in own)
    return wanted == JSON


def _convert_cell(cell: Any, own: PolarsType, wanted: PolarsType) -> Any:
    if cell is None or own == wanted:
        return cell
    if wanted == JSON:
        convert = _to_plain(own)
        return to_text(cell if convert is None else convert(cell))
    if isinstance(own, pl.List) and isinstance(wanted, pl.List):
        return [_convert_cell(item, own.inner, wanted.inner) for item in cell]
    if isinstance(own, pl.Struct) and isinstance(wanted, pl.Struct):
        types = wanted.to_schema()
        return {name: _convert_cell(cell[name], dtype, types[name]) for name, dtype in own}
    return float(cell)


def _convert(value: pl.Expr, own: PolarsType, wanted: PolarsType) -> pl.Expr:
    if own == wanted:
        return value
    if isinstance(own, pl.List) and isinstance(wanted, pl.List):
        return value.list.eval(_convert(pl.element(), own.inner, wanted.inner))
    if isinstance(own, pl.Struct) and isinstance(wanted, pl.Struct):
        types = dict(own)
        fields = (
            _convert(value.struct.field(name), types[name], dtype).alias(name)
            if name in types
            else pl.lit(None, dtype).alias(name)
            for name, dtype in wanted
        )
        return pl.when(value.is_not_null()).then(pl.struct(fields))
    return value.cast(wanted)
