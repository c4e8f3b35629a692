"""How many bytes come of a layer; and that what an engine finds in it can't be hidden."""

import io
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from runner.sandbox.unpacked_layer import DISK_BLOCK, MOST_EXTENDED_BYTES, unpacked_bytes

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def header(name: str, kind: bytes, size: int, field: bytes | None = None) -> bytes:
    """Return the header of a member; ``field`` stands where its size should."""
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, size
    block = bytearray(made.tobuf(tarfile.USTAR_FORMAT))
    if field is not None:
        block[124:136] = field.ljust(12, b"\0")
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def extended(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return header("x", kind, len(records)) + records + bytes(-len(records) % 512)


def record(name: bytes, value: bytes) -> bytes:
    rest = b" %s=%s\n" % (name, value)
    length = next(size for size in range(5000) if len(b"%d" % size) + len(rest) == size)
    return b"%d" % length + rest


SPARSE = extended(record(b"GNU.sparse.major", b"1")) + header("a", tarfile.REGTYPE, 0)


def measure(folder: Path, layer: bytes) -> int | None:
    (folder / "layer.tar").write_bytes(layer + bytes(1024))
    return unpacked_bytes(folder / "layer.tar")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_layer_takes_its_files_and_a_block_of_the_disk_for_each(
    tmp_path: Path, kind: str
) -> None:
    buffer = io.BytesIO()
    sizes = {"empty": 0, "of one block": 512, "large": 100_000, f"{'d' * 90}/{'f' * 90}": 7}
    with tarfile.open(fileobj=buffer, mode="w", format=FORMATS[kind]) as archive:
        for name, size in sizes.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = size, 1.5 if kind == "pax" else 1
            archive.addfile(member, io.BytesIO(b"\x80" * size))
        for kind_of_member in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo("é" if kind == "pax" else "e")
            member.type, member.linkname = kind_of_member, "empty"
            archive.addfile(member)
    expected = sum(sizes.values()) + (len(sizes) + 4) * DISK_BLOCK
    assert measure(tmp_path, buffer.getvalue()) == expected


def test_what_is_no_tar_takes_nothing_as_an_engine_refuses_it(tmp_path: Path) -> None:
    (tmp_path / "layer.tar").write_bytes(b"a layer")
    assert unpacked_bytes(tmp_path / "layer.tar") == 0
    assert measure(tmp_path, b"x" * 512 + SPARSE) == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--format=gnu"],
        ["--format=posix", "--sparse-version=0.0"],
        ["--format=posix", "--sparse-version=0.1"],
        ["--format=posix", "--sparse-version=1.0"],
    ],
    ids=" ".join,
)
def test_a_layer_with_a_sparse_file_can_become_of_any_size(
    tmp_path: Path, options: Sequence[str]
) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(20_000_000)
        file.seek(10_000_000)
        file.write(b"x")
    for sparse in ([], ["--sparse"]):  # without is the control
        command = ["tar", *options[: 1 + len(sparse)], *sparse, "-cf", "layer.tar", "sparse"]
        subprocess.run(command, cwd=tmp_path, check=True)
        found = unpacked_bytes(tmp_path / "layer.tar")
        assert found == (None if sparse else DISK_BLOCK + 20_000_000)


HIDDEN = 2048
"""The size of a content in which a reader would pass over a sparse file."""

HIDING = {
    "a folder with a size": header("a", tarfile.DIRTYPE, HIDDEN),
    "a link with a size": header("a", tarfile.LNKTYPE, HIDDEN),
    "a folder of the oldest kind": header("a/", tarfile.AREGTYPE, HIDDEN),
    "a size in an extended header": extended(record(b"size", b"0"))
    + header("a", tarfile.REGTYPE, HIDDEN),
    "a size in a value": extended(record(b"comment", b"\n13 size=%d\n" % HIDDEN))
    + header("a", tarfile.REGTYPE, 0),
    "a size for all files": extended(record(b"size", b"%d" % HIDDEN), tarfile.XGLTYPE)
    + header("a", tarfile.REGTYPE, 0),
    "an extended header before one for all files": extended(record(b"size", b"%d" % HIDDEN))
    + extended(record(b"a", b"b"), tarfile.XGLTYPE)
    + header("a", tarfile.REGTYPE, 0),
    "a size after a zero byte": header("a", tarfile.REGTYPE, 0, b"\0\0%09o" % 512) + bytes(512),
    "a size in binary": header("a", tarfile.REGTYPE, 0, b"\x80" + (512).to_bytes(11)) + bytes(512),
}


@pytest.mark.parametrize("before", HIDING.values(), ids=HIDING)
def test_a_sparse_file_is_not_hidden_by(tmp_path: Path, before: bytes) -> None:
    assert measure(tmp_path, before + SPARSE) is None


def test_control_what_hides_nothing_has_a_size(tmp_path: Path) -> None:
    for before in HIDING.values():
        if before != HIDING["a folder of the oldest kind"]:  # refused by itself
            assert measure(tmp_path, before + bytes(HIDDEN)) is not None
    content = header("a", tarfile.REGTYPE, len(SPARSE)) + SPARSE  # a tar in a file is no file
    assert measure(tmp_path, content) == DISK_BLOCK + len(SPARSE)


@pytest.mark.parametrize(
    "layer",
    [
        header("a", tarfile.REGTYPE, 10**9),
        header("a", tarfile.REGTYPE, 0, b"\xff" * 12),
        header("a", tarfile.REGTYPE, 0, b"9"),
        extended(record(b"size", b"9" * 4500)) + header("a", tarfile.REGTYPE, 0),
        extended(b"9" * 4500 + b" a=b\n"),
        extended(b"0 a=b\n"),
        extended(b"without a blank"),
        header("x", tarfile.XHDTYPE, MOST_EXTENDED_BYTES + 1) + bytes(MOST_EXTENDED_BYTES + 512),
    ],
    ids=[
        "longer",
        "negative",
        "no octal",
        "long size",
        "long length",
        "zero",
        "no record",
        "large",
    ],
)
def test_what_can_not_be_read_is_of_any_size(tmp_path: Path, layer: bytes) -> None:
    assert measure(tmp_path, layer) is None
