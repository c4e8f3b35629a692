"""Parts: a suite's frames on disk, one for each run and file, and their way into Parquet.

Parts are streams of Arrow IPC, which keeps every type as it is, also those that Parquet lacks, and
every part its own columns. Only what a container gets is Parquet.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from runner.helm_outputs.common_types import PolarsType, common_schema, conform
from runner.helm_outputs.json_text import JSON
from runner.suites.open_half import Part
from runner.suites.own_bytes import own_bytes

COMPRESSION = "zstd"

BYTES_PER_GROUP = 16 * 1024 * 1024
"""About how much of the parts is in memory at once while they are joined."""

BYTES_PER_COLUMN = 1024
"""What a column takes besides its values: most of a run spec, of which a suite has thousands."""

PART_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
"""For a hundred small buffers zstd and threads would take most of their time to get ready."""

SCHEMA_BYTES = 8192
"""So many of a part mostly say what its columns are."""


def to_part(frame: pl.DataFrame) -> bytes:
    """Return a frame as a part, which holds no byte of rows that are not in the frame."""
    table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    columns = [own_bytes(_whole(column)) for column in table.columns]
    # A part has a hundred small buffers. Python's own files take a call for each of them.
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=PART_OPTIONS) as writer:
        writer.write_batch(pa.record_batch(columns, schema=table.schema))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def from_part(content: bytes) -> pl.DataFrame:
    """Return the frame in a part."""
    return pl.read_ipc_stream(content)


def read_part(part: Part) -> pl.DataFrame:
    """Return the frame in a part of an open suite.

    Raises:
        SuiteError: the part was changed since the suite was built.
    """
    return from_part(part.read())


def join_parts(parts: Sequence[Part], file: BinaryIO) -> None:
    """Write one Parquet file of several parts, one below the other; nothing if there are none.

    Columns are in order of first appearance; one that only some parts have is null in the others.
    Where types differ the column has one that all fit into, in the end JSON texts; see
    ``common_schema``. BYTES_PER_GROUP and the largest part bound the memory, not their number.
    """
    messages: dict[bytes, bytes] = {}  # one object for all runs that share it
    keys = [messages.setdefault(key, key) for key in map(_serialized_schema, parts)]
    common = common_schema(map(_polars_schema, messages))
    writer = None
    for batch in _batches(parts, keys):
        table = to_plain_table(_join_batch(batch, common))
        writer = writer or parquet_writer(file, table.schema)
        write_row_group(writer, table)
    if writer is not None:
        writer.close()


def _join_batch(
    batch: Sequence[tuple[bytes, pl.DataFrame]], common: Mapping[str, PolarsType]
) -> pl.DataFrame:
    """Return frames one below the other; those of the same key are made conform in one go."""
    alike: dict[bytes, list[pl.DataFrame]] = {}
    for key, frame in batch:
        alike.setdefault(key, []).append(frame)
    joined = {key: conform(pl.concat(frames), common) for key, frames in alike.items()}
    if len(joined) == 1:
        return joined[batch[0][0]]
    starts = dict.fromkeys(joined, 0)
    rows = []
    for key, frame in batch:
        rows.append(joined[key].slice(starts[key], frame.height))
        starts[key] += frame.height
    return pl.concat(rows)


def _serialized_schema(part: Part) -> bytes:
    """Return the message that a part begins with; it is equal for parts of the same columns.

    After a marker of four bytes it has its length. Some kilobytes; runs mostly share it.
    """
    start = part.peek(SCHEMA_BYTES)
    end = 8 + int.from_bytes(start[4:8], "little")
    return start[:end] if end <= len(start) else part.peek(end)


def _polars_schema(serialized: bytes) -> pl.Schema:
    return pl.DataFrame(pa.ipc.read_schema(pa.py_buffer(serialized)).empty_table()).schema


def to_plain_table(frame: pl.DataFrame) -> pa.Table:
    """Return the frame as a table of types that Parquet can hold."""
    plain = [pl.col(name).cast(_plain_type(dtype)) for name, dtype in frame.schema.items()]
    # In one piece: of each piece Polars makes a batch, with all its columns one by one.
    table = frame.select(plain).rechunk().to_arrow()
    for place, (name, dtype) in enumerate(frame.schema.items()):
        if _holds_json(dtype):
            (whole,) = table.select([name]).combine_chunks().to_batches() or [table.select([name])]
            table = table.set_column(place, name, _mark_json(whole.column(0)))
    return table


def to_parquet(table: pa.Table) -> bytes:
    """Return a table as a Parquet file, as ``join_parts`` writes it."""
    buffer = io.BytesIO()
    with parquet_writer(buffer, table.schema) as writer:
        write_row_group(writer, table)
    return buffer.getvalue()


def parquet_writer(file: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer of plain tables that any reader opens.

    No statistics, which would show a column's extremes, no schema of ours and no index in the
    metadata, and dictionaries made from the rows themselves.
    """
    return pq.ParquetWriter(
        file, schema, compression=COMPRESSION, write_statistics=False, store_schema=False
    )


def write_row_group(writer: pq.ParquetWriter, table: pa.Table) -> None:
    """Write a table as one row group whose bytes follow from its rows alone.

    How the table lies in memory would decide where the pages end.
    """
    writer.write_table(table.combine_chunks(), row_group_size=max(1, table.num_rows))


def _batches(
    parts: Sequence[Part], keys: Sequence[bytes]
) -> Iterator[list[tuple[bytes, pl.DataFrame]]]:
    """Give the parts with their keys in lists of about BYTES_PER_GROUP, at least one list."""
    batch: list[tuple[bytes, pl.DataFrame]] = []
    batch_bytes = 0.0
    for part, key in zip(parts, keys, strict=True):
        frame = read_part(part)
        batch.append((key, frame))
        batch_bytes += frame.estimated_size() + frame.width * BYTES_PER_COLUMN
        if batch_bytes >= BYTES_PER_GROUP:
            yield batch
            batch, batch_bytes = [], 0.0
    if batch:
        yield batch


def _plain_type(dtype: PolarsType) -> PolarsType:
    """Return a type that Parquet can hold: nulls become text."""
    if isinstance(dtype, pl.List):
        return pl.List(_plain_type(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return pl.Struct({name: _plain_type(inner) for name, inner in dtype})
    return pl.String() if dtype == pl.Null else dtype


def _holds_json(dtype: PolarsType) -> bool:
    if isinstance(dtype, pl.List):
        return _holds_json(dtype.inner)
    if isinstance(dtype, pl.Struct):
        return any(_holds_json(inner) for _, inner in dtype)
    return dtype == JSON


def _mark_json(array: pa.Array) -> pa.Array:
    """Return the array with its JSON texts as values of Parquet's own type JSON."""
    kind = array.type
    if pa.types.is_large_binary(kind):
        # Not a cast, which would load all of Arrow's functions: that takes longer than the staging.
        texts = array.view(pa.large_string())
        texts.validate(full=True)
        return pa.ExtensionArray.from_storage(pa.json_(pa.large_string()), texts)
    mask = array.is_null() if array.null_count else None
    if pa.types.is_large_list(kind):
        items = _mark_json(array.values)
        return pa.LargeListArray.from_arrays(array.offsets, items, mask=mask)
    if pa.types.is_struct(kind):
        fields = [_mark_json(array.field(place)) for place in range(kind.num_fields)]
        names = [kind.field(place).name for place in range(kind.num_fields)]
        return pa.StructArray.from_arrays(fields, names, mask=mask)
    return array
