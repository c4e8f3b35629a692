"""A half that is written run by run: few files, whose parts can be read and taken out again."""

from pathlib import Path

from runner.building.half_writer import HalfWriter


def written(root: Path) -> HalfWriter:
    writer = HalfWriter(root)
    for number, content in ((1, b"one"), (2, b""), (5, b"five")):
        writer.add("train/stats.parts", number, content)
    return writer


def test_parts_lie_one_after_the_other(tmp_path: Path) -> None:
    writer = written(tmp_path)
    assert (tmp_path / "train" / "stats.parts").read_bytes() == b"onefive"
    assert list(writer.read("train/stats.parts")) == [b"one", b"", b"five"]
    records = writer.parts["train/stats.parts"]
    assert {number: record.bytes for number, record in records.items()} == {1: 3, 2: 0, 5: 4}


def test_nothing_stays_of_a_run_that_is_taken_out(tmp_path: Path) -> None:
    writer = written(tmp_path)
    writer.keep_only("train/stats.parts", {2, 5, 9})
    assert (tmp_path / "train" / "stats.parts").read_bytes() == b"five"
    assert list(writer.read("train/stats.parts")) == [b"", b"five"]
    assert [path.name for path in tmp_path.rglob("*.*")] == ["stats.parts"]
