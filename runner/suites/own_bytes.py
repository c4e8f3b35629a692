"""Arrow arrays without a byte of other rows: what is published holds its own values and no more.

A slice or a filter of a frame often shares its buffers. Then texts, bits and the values below
nulls are those of rows that were left out, and Arrow's IPC writes some of them.
"""

import numpy as np
import pyarrow as pa

_NUMBERS = {pa.lib.Type_INT64: 8, pa.lib.Type_UINT64: 8, pa.lib.Type_DOUBLE: 8}
"""The bytes of a value."""

_TEXTS = (pa.lib.Type_LARGE_STRING, pa.lib.Type_LARGE_BINARY)


def own_bytes(array: pa.Array) -> pa.Array:
    """Return an equal array whose buffers follow from its values alone: the array itself, if so.

    Where a value is null there are zeros, an empty text or an empty list.
    """
    return array if _is_own(array) else _copy_own(array)


def _is_own(array: pa.Array) -> bool:
    """Return whether an array has no nulls, and no byte but those of its values.

    False where that is not plain to see. Most arrays are such, and a copy takes ten times as long
    as a look at the sizes.
    """
    kind = array.type
    validity, *buffers = array.buffers()
    if array.offset or array.null_count or validity is not None:
        return False
    if kind.id in _NUMBERS:
        return _size(buffers[0]) == len(array) * _NUMBERS[kind.id]
    if kind.id in _TEXTS:
        return _fits(array, buffers[0], _size(buffers[1]))
    if kind.id == pa.lib.Type_LARGE_LIST:
        return _fits(array, buffers[0], len(array.values)) and _is_own(array.values)
    if kind.id == pa.lib.Type_STRUCT:
        return all(_is_own(array.field(place)) for place in range(kind.num_fields))
    return kind.id == pa.lib.Type_BOOL and _are_bits(array, buffers[0])


def _fits(array: pa.Array, offsets: pa.Buffer | None, end: int) -> bool:
    """Return whether the offsets are of the array alone, from 0 to an end."""
    if offsets is None or offsets.size != (len(array) + 1) * 8:
        return False
    places = np.frombuffer(offsets, np.int64)
    return bool(places[0] == 0 and places[-1] == end)


def _are_bits(array: pa.Array, bits: pa.Buffer | None) -> bool:
    """Return whether there is a bit for each value, and zeros after the last."""
    unused = _size(bits) * 8 - len(array)
    return unused in range(8) and (bits is None or not unused or not bits[-1] >> (8 - unused))


def _size(buffer: pa.Buffer | None) -> int:
    return 0 if buffer is None else buffer.size


def _copy_own(array: pa.Array) -> pa.Array:
    kind = array.type
    if (kind.id in _NUMBERS or kind.id in _TEXTS) and not array.null_count:
        return pa.Array.from_buffers(kind, len(array), [None, *_own_part(array)])
    if pa.types.is_null(kind):
        return pa.nulls(len(array))
    valid = _bits(array.is_valid()) if array.null_count else None
    children = None
    if pa.types.is_struct(kind):
        buffers = []
        children = [own_bytes(child) for child in array.flatten()]
    elif pa.types.is_large_list(kind):
        buffers = [_list_offsets(array)]
        children = [own_bytes(array.flatten())]  # without those of lists that are null
    elif pa.types.is_boolean(kind):
        buffers = [_bits(array.fill_null(False))]
    elif valid is None:
        buffers = _own_part(array)
    elif pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        buffers = _texts(array)
    else:
        numbers = np.array(array.fill_null(pa.scalar(0, kind)).to_numpy())
        buffers = [pa.py_buffer(numbers)]
    return pa.Array.from_buffers(kind, len(array), [valid, *buffers], children=children)


def _texts(array: pa.Array) -> list[pa.Buffer]:
    """Return the buffers of texts, with an empty one in the place of a null."""
    filled = array.fill_null(b"" if pa.types.is_large_binary(array.type) else "")
    lengths = np.diff(_places(filled, filled.buffers()[1]))
    copied = filled.take(pa.array(np.arange(len(filled)))).buffers()[2]
    return [_offsets(lengths), (copied or pa.py_buffer(b"")).slice(0, int(lengths.sum()))]


def _own_part(array: pa.Array) -> list[pa.Buffer]:
    """Return the part of each buffer that is an array's own. The array has no nulls."""
    _, *buffers = array.buffers()
    if len(buffers) == 1:
        width = array.type.bit_width // 8
        return [buffers[0].slice(array.offset * width, len(array) * width)]
    offsets, texts = buffers
    places = _places(array, offsets)
    start, size = int(places[0]), int(places[-1] - places[0])
    own = pa.py_buffer(b"") if texts is None else texts.slice(start, size)
    return [pa.py_buffer(places - start), own]


def _places(array: pa.Array, offsets: pa.Buffer) -> np.ndarray:
    """Return where each text or list begins, and where the last ends."""
    if not len(array):
        return np.zeros(1, np.int64)
    return np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8)


def _list_offsets(array: pa.Array) -> pa.Buffer:
    if array.null_count:
        return _offsets(array.value_lengths().fill_null(0).to_numpy())
    places = _places(array, array.buffers()[1])
    return pa.py_buffer(places - places[0])


def _bits(array: pa.BooleanArray) -> pa.Buffer:
    """Return bits, with zeros after the last."""
    return pa.py_buffer(np.packbits(array.to_numpy(zero_copy_only=False), bitorder="little"))


def _offsets(lengths: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
