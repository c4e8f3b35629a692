"""Objects of a JSON document -> flat columns, and a column -> a series.

A type follows from a column's own cells and from HELM's classes, never from the order of keys.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import accumulate, chain, pairwise, repeat
from operator import itemgetter
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from runner.helm_outputs.json_text import to_text
from runner.helm_outputs.shapes import NUMBER, Shape
from runner.helm_outputs.usual_items import to_usual_array


class Absent:
    """Stands for a key that an object has not, where a null would be a key that it has."""


ABSENT = Absent()

Cells = Sequence[Any]
"""The cells of a column, ABSENT among them."""

Bounds = npt.NDArray[np.int64]
"""Where the cells of each run begin, and at last how many there are."""

TEXTS_AT_ONCE = 1024

SINGLE = 2
"""How many bounds a single run has."""


class UnlikeRunsError(Exception):
    """Cells of several runs can't be made one series: each run's alone may have another type."""


SCALARS = {
    frozenset({str}): pa.string(),
    frozenset({bool}): pa.bool_(),
    frozenset({int}): pa.int64(),
    frozenset({float}): pa.float64(),
    frozenset({int, float}): pa.float64(),
}

SERIES = {
    frozenset({str}): pl.String(),
    frozenset({bool}): pl.Boolean(),
    frozenset({int}): pl.Int64(),
    frozenset({float}): pl.Float64(),
}
"""Types of cells of which Polars makes a series in half the time that Arrow needs."""

UNFIT = (pa.ArrowInvalid, OverflowError, UnicodeEncodeError)
"""What Arrow raises of a lone surrogate, and of an integer beyond 64 bits or, in floats, 53."""


def flatten(objects: Sequence[dict[str, Any]], prefix: str) -> dict[str, Cells]:
    """Return a column for every leaf of the objects, by dotted name; ``{}`` has none.

    Raises:
        TypeError: one of them is no object.
    """
    columns: dict[str, Cells] = {}
    for name, cells in _members(objects).items():
        kinds = set(map(type, cells))
        inner, leaves = cells, cells
        if dict in kinds and len(kinds) > 1:
            inner = [cell if type(cell) is dict else {} for cell in cells]
            leaves = [ABSENT if type(cell) is dict else cell for cell in cells]
        if dict in kinds:
            for inner_name, inner_cells in flatten(inner, f"{prefix}{name}.").items():
                _add(columns, inner_name, inner_cells)
        if kinds - {Absent, dict}:
            _add(columns, prefix + name, leaves)
    return columns


def leaf_names(document: dict[str, Any], prefix: str) -> list[str]:
    """Return the names of the columns that ``flatten`` returns of one object, in order."""
    names: list[str] = []
    for name, value in document.items():
        if type(value) is dict:
            names += leaf_names(value, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names


def _members(objects: Sequence[dict[str, Any]]) -> dict[str, Cells]:
    """Return the values of each key, in the order in which the keys first appear."""
    names = tuple(objects[0]) if objects else ()
    if set(map(len, objects)) == {len(names)}:
        try:
            return _values(objects, names)
        except KeyError:  # as many keys, but others
            pass
    kinds = dict.fromkeys(map(tuple, objects))
    in_all = set(names).intersection(*kinds)
    all_names = dict.fromkeys(chain.from_iterable(kinds))
    of_all = _values(objects, [name for name in all_names if name in in_all])
    return {
        name: of_all.get(name) or list(map(dict.get, objects, repeat(name), repeat(ABSENT)))
        for name in all_names
    }


def _values(objects: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, Cells]:
    """Return the values of keys that every object has."""
    if len(names) < 2:  # noqa: PLR2004  (of one key, itemgetter returns no tuple)
        return {name: [each[name] for each in objects] for name in names}
    return dict(zip(names, zip(*map(itemgetter(*names), objects), strict=True), strict=True))


def _add(columns: dict[str, Cells], name: str, cells: Cells) -> None:
    """Add a column. A key with a dot may make the name of another column: the later cell counts."""
    if name in columns:
        pairs = zip(columns[name], cells, strict=True)
        cells = [one if other is ABSENT else other for one, other in pairs]
    columns[name] = cells


def to_series(cells: Cells, shape: Shape, bounds: Bounds) -> pl.Series:
    """Return a column's cells. Those that no type of Arrow holds as they are become JSON texts.

    A run that has no cell of its own may be without the column, or have one without a type.

    Args:
        cells: a null is a missing value, as an absent one is.
        shape: of a cell; see ``shapes``.
        bounds: of the runs.

    Raises:
        UnlikeRunsError: there are several runs, and their cells may need several types.
    """
    kinds = frozenset(map(type, cells))
    present = kinds - {Absent, NoneType}
    if len(present) != 1 and len(kinds) > 1 and len(bounds) > SINGLE:
        raise UnlikeRunsError
    if Absent in kinds:
        cells = [None if cell is ABSENT else cell for cell in cells]
    if shape is None and present in SERIES:
        with suppress(TypeError, OverflowError, UnicodeEncodeError):
            return pl.Series(cells, dtype=SERIES[present])
    return pl.Series(_typed(cells, present, kinds != present, shape, bounds))


def _kinds(cells: Cells, shape: Shape, bounds: Bounds) -> frozenset[type]:
    """Return the types of items. Where there is one, it is that of each run's own."""
    kinds = frozenset(map(type, cells))
    if shape == NUMBER and kinds == {int, float}:
        return frozenset({float})
    if len(kinds) > 1 and len(bounds) > SINGLE:
        raise UnlikeRunsError
    return kinds


def _field(cells: Cells, kinds: frozenset[type], shape: Shape, bounds: Bounds) -> pa.Array:
    """Return a field of objects in a list, where a null that is written is none that is absent."""
    if NoneType in kinds:
        return _json(cells, ABSENT)
    has_gaps = Absent in kinds
    if has_gaps:
        cells = [None if cell is ABSENT else cell for cell in cells]
    return _typed(cells, kinds - {Absent}, has_gaps, shape, bounds)


def _typed(
    cells: Cells, kinds: frozenset[type], has_gaps: bool, shape: Shape, bounds: Bounds
) -> pa.Array:
    """Return cells of these types, besides None if there are gaps."""
    if not kinds:
        return pa.nulls(len(cells))
    array = None
    try:
        if kinds in SCALARS:
            array = pa.array(cells, _scalar(kinds, shape))
        elif kinds == {list}:
            array = _lists(cells, has_gaps, shape[0] if isinstance(shape, list) else None, bounds)
        elif kinds == {dict} and isinstance(shape, dict):
            array = _objects(cells, has_gaps, shape, bounds)
    except UNFIT as error:
        if len(bounds) > SINGLE:
            raise UnlikeRunsError from error
    if array is not None:
        return array
    return _json(cells, None)


def _scalar(kinds: frozenset[type], shape: Shape) -> pa.DataType | None:
    return NUMBER if shape == NUMBER and kinds == {int} else SCALARS.get(kinds)


def _json(cells: Cells, missing: object) -> pa.Array:
    """Return cells as JSON texts, but for those that are missing.

    Some at a time: orjson takes kilobytes for each text until it is in an array.
    """
    if not cells:
        return pa.array([], pa.binary())
    parts = (cells[start : start + TEXTS_AT_ONCE] for start in range(0, len(cells), TEXTS_AT_ONCE))
    texts = ([None if cell is missing else to_text(cell) for cell in part] for part in parts)
    return pa.concat_arrays([pa.array(some, pa.binary()) for some in texts])


def _lists(cells: Cells, has_gaps: bool, shape: Shape, bounds: Bounds) -> pa.Array | None:
    """Return lists as an array, None if their items have no type in common."""
    filled = [() if cell is None else cell for cell in cells] if has_gaps else cells
    offsets = np.fromiter(accumulate(map(len, filled), initial=0), np.int32, len(cells) + 1)
    array = _items(list(chain.from_iterable(filled)), shape, offsets[bounds].astype(np.int64))
    if array is None:
        return None
    mask = pa.array([cell is None for cell in cells], pa.bool_()) if has_gaps else None
    return pa.ListArray.from_arrays(pa.array(offsets), array, mask=mask)


def _items(items: Cells, shape: Shape, bounds: Bounds) -> pa.Array | None:
    kinds = _kinds(items, shape, bounds)
    empty = shape if isinstance(shape, pa.DataType) else pa.null()
    if not kinds:
        return pa.array([], empty)
    kind = _scalar(kinds - {NoneType}, shape) or (pa.null() if kinds == {NoneType} else None)
    if kind != empty and len(bounds) > SINGLE and (np.diff(bounds) == 0).any():
        raise UnlikeRunsError  # lists without items have a type of their own
    if kinds == {dict} and isinstance(shape, dict):
        firsts = {tuple(items[start]) for start, end in pairwise(bounds.tolist()) if start < end}
        if len(firsts) > 1:  # else this is found only when all items have been looked at
            raise UnlikeRunsError
        usual = to_usual_array(items, shape)
        return _objects(items, False, shape, bounds) if usual is None else usual
    if kinds == {list} and isinstance(shape, list):
        return _lists(items, False, shape[0], bounds)
    return None if kind is None else pa.array(items, kind)


def _objects(
    cells: Cells, has_gaps: bool, shape: Mapping[str, Shape], bounds: Bounds
) -> pa.Array | None:
    """Return objects as an array, None if they have no fields. HELM's fields come first."""
    members = _members([{} if cell is None else cell for cell in cells] if has_gaps else cells)
    if not members:
        return None
    names = [name for name in shape if name in members]
    names += sorted(members.keys() - shape.keys())
    shapes = [shape.get(name) for name in names]
    # Of all fields first: runs that are not alike are found before any array is made.
    kinds = [_kinds(members[name], each, bounds) for name, each in zip(names, shapes, strict=True)]
    fields = [
        _field(members[name], kinds_of_field, each, bounds)
        for name, kinds_of_field, each in zip(names, kinds, shapes, strict=True)
    ]
    mask = pa.array([cell is None for cell in cells], pa.bool_()) if has_gaps else None
    return pa.StructArray.from_arrays(fields, names, mask=mask)
