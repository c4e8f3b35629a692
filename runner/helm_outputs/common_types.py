"""Types that frames of several runs can share: free-form ``args``, HELM of 2022 and of today.

MAGNET's pandas keeps a cell of any type in any column; a column of Arrow and Parquet has one type.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from runner.helm_outputs.documents import PolarsType

NUMBERS = (pl.Boolean(), pl.Int64(), pl.Int128(), pl.Float64())
"""The numbers of JSON, each of which fits into those after it."""

PLAIN_TEXT_BEFORE = ("input", "output")
"""Until 2022 HELM wrote these as a text; it has been an object with ``text`` since."""


def common_schema(schemas: Iterable[Mapping[str, PolarsType]]) -> dict[str, PolarsType]:
    """Return a schema that frames with any of these can be converted to.

    Columns and fields are in order of first appearance. Integers and floats become floats, objects
    get the fields of all, lists the items of all. In a list, the ``input`` or ``output`` of 2022
    becomes an object with ``text``. What fits no other way becomes text, lists and objects as JSON.
    """
    common: dict[str, PolarsType] = {}
    for schema in schemas:
        for name, dtype in schema.items():
            common[name] = _common_type(common.get(name, pl.Null()), dtype, name)
    return common


def conform(frame: pl.DataFrame, schema: Mapping[str, PolarsType]) -> pl.DataFrame:
    """Return the frame with the columns and types of a common schema; null where it had none."""
    own = frame.schema
    if list(own.items()) == list(schema.items()):
        return frame
    return frame.select(
        _convert(pl.col(name), own[name], dtype).alias(name)
        if name in own
        else pl.lit(None, dtype).alias(name)
        for name, dtype in schema.items()
    )


def _common_type(one: PolarsType, other: PolarsType, name: str) -> PolarsType:
    if one == other or other == pl.Null():
        return one
    if one == pl.Null():
        return other
    if isinstance(one, pl.List) and isinstance(other, pl.List):
        return pl.List(_common_type(one.inner, other.inner, name))
    if isinstance(one, pl.Struct) and isinstance(other, pl.Struct):
        return pl.Struct(_common_fields(one, other))
    return _common_scalar(one, other, name)


def _common_scalar(one: PolarsType, other: PolarsType, name: str) -> PolarsType:
    """Return the type for values of which at least one is no list and no object."""
    if _is_number(one) and _is_number(other):
        return max(one, other, key=NUMBERS.index)
    for text, item in ((one, other), (other, one)):
        if name in PLAIN_TEXT_BEFORE and text == pl.String() and isinstance(item, pl.Struct):
            return item if dict(item).get("text") == pl.String() else text
    return pl.String()


def _common_fields(one: pl.Struct, other: pl.Struct) -> dict[str, PolarsType]:
    fields = dict(one)
    for name, dtype in other:
        fields[name] = _common_type(fields.get(name, pl.Null()), dtype, name)
    return fields


def _is_number(dtype: PolarsType) -> bool:
    return dtype in NUMBERS


def _convert(value: pl.Expr, own: PolarsType, wanted: PolarsType) -> pl.Expr:
    if own == wanted:
        return value
    if isinstance(own, pl.List) and isinstance(wanted, pl.List):
        return value.list.eval(_convert(pl.element(), own.inner, wanted.inner))
    if isinstance(wanted, pl.Struct):
        return pl.when(value.is_not_null()).then(_convert_object(value, own, wanted))
    if isinstance(own, pl.Struct | pl.List):
        return pl.when(value.is_not_null()).then(_to_json(value))
    return value.cast(wanted)


def _convert_object(value: pl.Expr, own: PolarsType, wanted: pl.Struct) -> pl.Expr:
    if isinstance(own, pl.Struct):
        fields = {
            name: _convert(value.struct.field(name), dtype, dict(wanted)[name])
            for name, dtype in own
        }
    else:
        fields = {"text": value.cast(pl.String)}
    return pl.struct(fields.get(name, pl.lit(None, dtype)).alias(name) for name, dtype in wanted)


def _to_json(value: pl.Expr) -> pl.Expr:
    """Return JSON text. Polars encodes objects alone, so the value is made the field of one."""
    encoded = pl.struct(value.alias("v")).struct.json_encode()
    return encoded.str.strip_prefix('{"v":').str.head(-1)
