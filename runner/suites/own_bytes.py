"""Arrow arrays without a byte of other rows: what is published holds its own values and no more.

A slice or a filter of a frame often shares its buffers. Then texts, bits and the values below
nulls are those of rows that were left out, and Arrow's IPC writes some of them.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def own_bytes(array: pa.Array) -> pa.Array:
    """Return an equal array in new buffers, which follow from its values alone.

    Where a value is null there are zeros, an empty text or an empty list.
    """
    kind = array.type
    if pa.types.is_null(kind):
        return pa.nulls(len(array))
    valid = _bits(array.is_valid()) if array.null_count else None
    if pa.types.is_struct(kind):
        children = [own_bytes(child) for child in array.flatten()]
        return pa.Array.from_buffers(kind, len(array), [valid], children=children)
    if pa.types.is_large_list(kind):
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy()
        items = own_bytes(array.flatten())  # without those of lists that are null
        return pa.Array.from_buffers(kind, len(array), [valid, _offsets(lengths)], children=[items])
    if pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        filled = pc.fill_null(array, b"" if pa.types.is_large_binary(kind) else "")
        lengths = pc.binary_length(filled).to_numpy()
        copied = pc.take(filled, pa.array(np.arange(len(filled)))).buffers()[2]
        texts = (copied or pa.py_buffer(b"")).slice(0, int(lengths.sum()))
        return pa.Array.from_buffers(kind, len(array), [valid, _offsets(lengths), texts])
    if pa.types.is_boolean(kind):
        return pa.Array.from_buffers(kind, len(array), [valid, _bits(pc.fill_null(array, False))])
    numbers = np.array(pc.fill_null(array, pa.scalar(0, kind)).to_numpy())
    return pa.Array.from_buffers(kind, len(array), [valid, pa.py_buffer(numbers)])


def _bits(array: pa.BooleanArray) -> pa.Buffer:
    """Return bits, with zeros after the last."""
    return pa.py_buffer(np.packbits(array.to_numpy(zero_copy_only=False), bitorder="little"))


def _offsets(lengths: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
