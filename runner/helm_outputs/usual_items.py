"""Items of lists that are all of the fields and types that HELM's classes have -> an Arrow array.

Arrow makes an array of nested lists and objects in one call, four times as fast as a call for each
field. But it takes what is not of its type without a word: an object with other fields, a text as a
list of letters. So what it made is used only if every item is exactly of the type.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import pyarrow as pa

from runner.helm_outputs.shapes import NUMBER, TEXT, Shape

Items = Sequence[Any]

ITEMS_AT_ONCE = 1024
"""So many are looked at again and again: they are still in the processor's cache."""


def to_usual_array(items: Items, shape: Shape) -> pa.Array | None:
    """Return the items as an array of the type that the first one has, None if one differs."""
    dtype = _type_of(items[0], shape)
    if dtype is None:
        return None
    arrays = []
    for start in range(0, len(items), ITEMS_AT_ONCE):
        array = _to_exact_array(items[start : start + ITEMS_AT_ONCE], dtype)
        if array is None:
            return None
        arrays.append(array)
    return pa.concat_arrays(arrays)


def _to_exact_array(items: Items, dtype: pa.DataType) -> pa.Array | None:
    """Return the items as an array, None if one is not exactly of the type."""
    if not _are_as_long(items, dtype):
        return None
    try:
        array = pa.array(items, dtype)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return None
    return array if _is_exact(items, array) else None


def _type_of(value: Any, shape: Shape) -> pa.DataType | None:
    """Return a value's type, None if it holds anything that HELM leaves to its users."""
    if type(value) is dict and isinstance(shape, Mapping):
        if not value.keys() <= shape.keys() or not value:
            return None
        fields = [(name, _type_of(value[name], shape[name])) for name in shape if name in value]
        return None if None in dict(fields).values() else pa.struct(fields)
    if type(value) is list and isinstance(shape, list):
        (inner,) = shape
        item = _type_of(value[0], inner) if value else inner
        return pa.list_(item) if isinstance(item, pa.DataType) else None
    is_text = type(value) is str and shape == TEXT
    is_number = type(value) in (int, float) and shape == NUMBER
    return shape if is_text or is_number else None


def _is_exact(items: Items, array: pa.Array) -> bool:
    """Return whether the array has all that the items have, and nothing else."""
    if array.null_count:
        return False
    if array.type == TEXT:  # of which only a text was made
        return True
    kinds = set(map(type, items))
    if pa.types.is_struct(array.type):
        names = array.type.names
        is_whole = kinds <= {dict} and _are_as_long(items, array.type)
        return is_whole and all(_is_exact_field(items, name, array.field(name)) for name in names)
    if pa.types.is_list(array.type):
        return kinds <= {list} and _is_exact(list(chain.from_iterable(items)), array.values)
    return kinds <= {int, float}


def _are_as_long(items: Items, dtype: pa.DataType) -> bool:
    """Return whether objects have as many members as their type has fields."""
    return not pa.types.is_struct(dtype) or set(map(len, items)) <= {dtype.num_fields}


def _is_exact_field(items: Items, name: str, array: pa.Array) -> bool:
    if array.null_count or array.type == TEXT:
        return not array.null_count
    return _is_exact(list(map(itemgetter(name), items)), array)
