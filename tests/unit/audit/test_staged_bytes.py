import io
import tarfile
from collections.abc import Callable
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.audit.leak import Leak
from runner.audit.staged_bytes import find_in_archive, find_in_file, find_in_part, find_in_sides
from runner.files.input_archive import input_archive
from runner.suites.parts import parquet_writer, to_part, write_row_group
from runner.suites.revealed import Revealed
from tests.suite_builder import parquet_bytes

SPLITS = ["test", "train", "valid"]


TARGETS = pl.DataFrame(
    {
        "run_spec.name": ["a:x=1"] * 3,
        "stats.name.name": ["exact_match"] * 3,
        "stats.name.split": SPLITS,
    }
)


def in_targets(content: bytes) -> list[Leak]:
    return find_in_file("case-1", "eval/targets.parquet", io.BytesIO(content), Revealed())


def written(table: pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    defaults = {"compression": "zstd", "write_statistics": False, "store_schema": False}
    pq.write_table(table, buffer, **{**defaults, **options})
    return buffer.getvalue()


def hidden_dictionary(frame: pl.DataFrame) -> bytes:
    """Return the frame with a split column sliced from one that had another value."""
    values = pa.array([*SPLITS, "answer 0.75"]).dictionary_encode()
    table = frame.drop("stats.name.split").to_arrow()
    return written(table.append_column("stats.name.split", pa.chunked_array([values.slice(0, 3)])))


def with_pandas_metadata(frame: pl.DataFrame) -> bytes:
    pandas = frame.to_pandas()
    pandas.attrs["answer"] = 0.75
    return written(pa.Table.from_pandas(pandas), store_schema=True)


def with_footer(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    with parquet_writer(buffer, frame.to_arrow().schema) as writer:
        write_row_group(writer, frame.to_arrow())
        writer.add_key_value_metadata({"answer": "0.75"})
    return buffer.getvalue()


PLANTED: dict[str, tuple[Callable[[pl.DataFrame], bytes], str]] = {
    "a column": (
        lambda frame: parquet_bytes(frame.with_columns(pl.lit(0.75).alias("stats.mean"))),
        "stats.mean: is not among the columns that are revealed",
    ),
    "a footer": (with_footer, "its footer has metadata (answer)"),
    "pandas metadata": (with_pandas_metadata, "its footer has metadata (ARROW:schema, pandas)"),
    "statistics": (
        lambda frame: written(frame.to_arrow(), write_statistics=True),
        "run_spec.name: has statistics",
    ),
    "a dictionary": (hidden_dictionary, "stats.name.split: its dictionary has entries of other"),
    "the order of rows": (
        lambda frame: parquet_bytes(frame[::-1]),
        "its rows are in another order",
    ),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_leak_planted_in_a_staged_file_is_found_with_its_place(kind: str) -> None:
    plant, found = PLANTED[kind]
    leaks = [str(leak) for leak in in_targets(plant(TARGETS))]
    assert any(found in leak for leak in leaks), leaks
    assert all(leak.startswith("case-1: eval/targets.parquet") for leak in leaks)


def test_bytes_that_no_row_needs_are_found() -> None:
    """Other compression stands for any difference that reading the rows does not show."""
    content = written(TARGETS.to_arrow(), compression="none")
    (leak,) = in_targets(content)
    assert "it holds bytes that its rows don't need" in str(leak)


def test_a_clean_staged_file_has_no_leak() -> None:
    assert in_targets(parquet_bytes(TARGETS)) == []


def test_a_file_that_the_contract_does_not_know_is_found_by_its_name() -> None:
    (leak,) = find_in_file("case-1", "eval/0.75.parquet", io.BytesIO(), Revealed())
    assert leak.file == "eval/0.75.parquet"
    assert find_in_file("case-1", "assets/0.75", io.BytesIO(), Revealed()) == []


def archive(**member: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("manifest.json")
        for name, value in member.items():
            setattr(info, name, value)
        tar.addfile(info)
    return buffer.getvalue()


@pytest.mark.parametrize("planted", [{"mtime": 75}, {"uid": 75}, {"uname": "answer"}])
def test_times_and_owners_of_staged_files_are_found(planted: dict[str, Any]) -> None:
    assert len(find_in_archive("case-1", archive(**planted))) == 1
    assert find_in_archive("case-1", archive()) == []


def test_files_in_another_order_than_their_names_are_found() -> None:
    files = {"manifest.json": b"{}", "eval/targets.parquet": b""}
    assert find_in_archive("case-1", input_archive(files)) == []
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("b", "a"):
            tar.addfile(tarfile.TarInfo(name))
    (leak,) = find_in_archive("case-1", buffer.getvalue())
    assert "in another order" in leak.what


def test_a_run_on_both_sides_is_found() -> None:
    (leak,) = find_in_sides("case-1", ["a", "b"], ["b", "c"])
    assert "the eval run b is a train run too" in leak.what
    assert find_in_sides("case-1", ["a"], ["b"]) == []


def as_stream(table: pa.Table, metadata: dict[str, str] | None = None) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema.with_metadata(metadata)) as writer:
        writer.write_table(table.replace_schema_metadata(metadata))
    return sink.getvalue()


def below_a_null() -> bytes:
    numbers = pa.array([0.8414, 1.0])
    bits = pa.array([False, True]).buffers()[1]
    hidden = pa.Array.from_buffers(numbers.type, 2, [bits, numbers.buffers()[1]])
    return as_stream(pa.table({"mean": hidden}))


PLAIN = pa.table({"mean": [1.0, None], "split": pa.array(["test", None], pa.large_string())})

HIDING_PARTS: dict[str, bytes] = {
    "a value below a null": below_a_null(),
    "metadata": as_stream(PLAIN, {"answer": "0.75"}),
    "bytes after the end": as_stream(PLAIN) + b"0.75",
}


@pytest.mark.parametrize("name", HIDING_PARTS)
def test_a_part_with_more_than_its_rows_is_found(name: str) -> None:
    (leak,) = find_in_part("a:x=1", "train/stats.parts", HIDING_PARTS[name])
    assert "it holds bytes that its rows don't need" in str(leak)


@pytest.mark.parametrize("content", [as_stream(PLAIN), to_part(TARGETS), to_part(TARGETS.clear())])
def test_a_part_of_its_rows_alone_is_clean(content: bytes) -> None:
    assert find_in_part("a:x=1", "train/stats.parts", content) == []
