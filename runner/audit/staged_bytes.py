"""The staged files themselves: nothing in them but allowed columns and rows in a neutral order."""

import io
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from runner.audit.leak import Leak
from runner.contract import layout
from runner.suites.own_bytes import own_bytes
from runner.suites.parts import parquet_writer, write_row_group
from runner.suites.revealed import Revealed
from runner.suites.staged_files import STAGED_FILES

# Nothing is read with threads: they would wait for each other longer than they work.

BUG = "This is a fault of the runner: please report it, and don't use the suite"


def find_in_file(case: str, name: str, file: BinaryIO, revealed: Revealed) -> list[Leak]:
    """Return the leaks in one staged file of a case.

    Args:
        name: its path below ``/input``.
        file: its content. One row group of it is in memory at a time.
        revealed: what the suite's spec allows to be shown.
    """
    if name == layout.MANIFEST or name.startswith(f"{layout.ASSETS}/"):
        return []
    if name not in STAGED_FILES:
        return [_leak(case, "a file that the contract does not know", name)]
    return list(_in_parquet(case, name, file, revealed))


def find_in_part(run: str, name: str, content: bytes) -> list[Leak]:
    """Return the leaks in one part of a suite, which is published: bytes of other rows.

    Args:
        run: the run that it is of.
        name: the file that it is in.
    """
    source = pa.BufferReader(content)
    with pa.ipc.open_stream(source, options=pa.ipc.IpcReadOptions(use_threads=False)) as stream:
        table = stream.read_all()
    chunks = [chunk for column in table.columns for chunk in column.chunks]
    is_own = all(map(_holds_own_bytes, chunks))
    if is_own and source.tell() == len(content) and not table.schema.metadata:
        return []
    return [_leak(run, "it holds bytes that its rows don't need", name)]


def _holds_own_bytes(array: pa.Array) -> bool:
    own = own_bytes(array)
    if own is array:
        return True
    pairs = zip(array.buffers(), own.buffers(), strict=True)
    return all(_are_equal(one, other) for one, other in pairs)


def _are_equal(one: pa.Buffer | None, other: pa.Buffer | None) -> bool:
    """Return whether two buffers hold the same, but for zeros at the end."""
    if one and other and (one.address, one.size) == (other.address, other.size):
        return True
    return bytes(one or b"").rstrip(b"\0") == bytes(other or b"").rstrip(b"\0")


def find_in_archive(case: str, archive: bytes) -> list[Leak]:
    """Return the leaks in the tar by which files get into a container: owners, times, order."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = tar.getmembers()
    leaks = []
    for member in members:
        if member.mtime or member.uid or member.gid or member.uname or member.gname:
            leaks.append(_leak(case, "has a time or an owner of the host", member.name))
        if member.pax_headers.keys() - {"path"}:  # long and non-ASCII names of assets
            leaks.append(_leak(case, "has further attributes", member.name))
    files = [member.name for member in members if member.isfile()]
    if files != sorted(files):
        leaks.append(_leak(case, "files are in another order than that of their names", files[0]))
    return leaks


def find_in_sides(case: str, train: Sequence[str], evaluated: Iterable[str]) -> list[Leak]:
    """Return the runs that stand on both sides of a case."""
    both = sorted(set(train).intersection(evaluated))
    return [
        _leak(case, f"the eval run {name} is a train run too", "train", layout.RUN_NAME)
        for name in both
    ]


def _leak(case: str, what: str, file: str, column: str = "") -> Leak:
    return Leak(kind="value", case=case, file=file, column=column, what=what, advice=BUG)


def _in_parquet(case: str, name: str, staged: BinaryIO, revealed: Revealed) -> Iterator[Leak]:
    file = pq.ParquetFile(staged)
    if file.metadata.metadata:
        keys = ", ".join(key.decode(errors="replace") for key in file.metadata.metadata)
        yield _leak(case, f"its footer has metadata ({keys})", name)
    yield from _statistics(case, name, file.metadata)
    yield from _unused_dictionary_entries(case, name, staged, file)
    if not _is_as_rewritten(staged, file):
        yield _leak(case, "it holds bytes that its rows don't need", name)
    yield from _columns(case, name, file.schema_arrow.names, revealed)
    if STAGED_FILES[name].is_keys:
        yield from _order(case, name, file)


def _statistics(case: str, name: str, metadata: pq.FileMetaData) -> Iterator[Leak]:
    with_statistics = {
        metadata.row_group(group).column(column).path_in_schema
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
        if metadata.row_group(group).column(column).is_stats_set
    }
    for column in sorted(with_statistics):
        yield _leak(case, "has statistics, which show the column's extremes", name, column)


def _unused_dictionary_entries(
    case: str, name: str, staged: BinaryIO, file: pq.ParquetFile
) -> Iterator[Leak]:
    """Yield the text columns whose dictionary page has entries that no row uses."""
    texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    with_dictionaries = pq.ParquetFile(staged, read_dictionary=texts)
    for group in range(file.metadata.num_row_groups):
        table = with_dictionaries.read_row_group(group, columns=texts, use_threads=False)
        for column in texts:
            for chunk in table[column].chunks:
                used = pc.count_distinct(chunk.indices, mode="only_valid").as_py()
                if used < len(chunk.dictionary):
                    yield _leak(case, "its dictionary has entries of other rows", name, column)


def _is_as_rewritten(staged: BinaryIO, file: pq.ParquetFile) -> bool:
    """Return whether the file is the same when written again from its rows: it holds no more."""
    sink = _Comparison(staged)
    with parquet_writer(sink, file.schema_arrow) as writer:
        for group in range(file.metadata.num_row_groups):
            write_row_group(writer, file.read_row_group(group, use_threads=False))
    return sink.is_equal and sink.tell() == staged.seek(0, io.SEEK_END)


class _Comparison(io.BytesIO):
    """A file to write to that keeps nothing: it compares what is written with another file."""

    def __init__(self, other: BinaryIO) -> None:
        super().__init__()
        self._other = other
        self._place = 0
        self.is_equal = True

    def write(self, content: Any) -> int:
        self._other.seek(self._place)
        written = bytes(content)
        self.is_equal = self.is_equal and self._other.read(len(written)) == written
        self._place += len(written)
        return len(written)

    def tell(self) -> int:
        return self._place


def _columns(case: str, name: str, columns: Sequence[str], revealed: Revealed) -> Iterator[Leak]:
    file = STAGED_FILES[name]
    if file.side == "train":  # given whole
        return
    allowed = file.allowed_columns(revealed)
    for column in columns:
        if not any(
            column == each or (each.endswith(".") and column.startswith(each)) for each in allowed
        ):
            yield _leak(case, "is not among the columns that are revealed", name, column)


def _order(case: str, name: str, file: pq.ParquetFile) -> Iterator[Leak]:
    """Yield a finding if the targets of a run are in another order than that of their keys."""
    for group in range(file.metadata.num_row_groups):
        targets = pl.DataFrame(file.read_row_group(group, use_threads=False))
        key = [column for column, dtype in targets.schema.items() if not dtype.is_nested()]
        names = sorted(column for column in key if column != layout.RUN_NAME)
        for run in targets.partition_by(layout.RUN_NAME, maintain_order=True):
            rows: list[tuple[Any, ...]] = run.select(names).rows()
            if rows != run.sort(names, maintain_order=True).select(names).rows():
                what = (
                    "its rows are in another order than that of their keys, which may reveal values"
                )
                yield _leak(case, what, name)
                return
