"""Archives are unpacked below their directory, by any Python that the runner supports."""

import io
import tarfile
from pathlib import Path

import pytest

from runner.building.demo_suite import ARCHIVE
from runner.files.unpacking import unpack


def archive_of(*members: tarfile.TarInfo) -> tarfile.TarFile:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for member in members:
            made.addfile(member, io.BytesIO(b"x" * member.size))
    return tarfile.open(fileobj=io.BytesIO(buffer.getvalue()))


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    made.size = 3 if kind == tarfile.REGTYPE else 0
    return made


def test_files_and_directories_are_written(tmp_path: Path) -> None:
    with archive_of(member("a", tarfile.DIRTYPE), member("a/b"), member("c/d")) as archive:
        unpack(archive, tmp_path)
    assert (tmp_path / "a" / "b").read_bytes() == (tmp_path / "c" / "d").read_bytes() == b"xxx"


@pytest.mark.parametrize(
    "hostile",
    [
        member("../out"),
        member("/out"),
        member("a/../../out"),
        member("link", tarfile.SYMTYPE, "/etc/passwd"),
        member("link", tarfile.LNKTYPE, "a"),
        member("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda each: f"{each.name} {each.type!r}",
)
def test_what_is_no_file_below_it_is_refused(tmp_path: Path, hostile: tarfile.TarInfo) -> None:
    inner = tmp_path / "inner"
    with archive_of(member("a"), hostile) as archive, pytest.raises(tarfile.TarError):
        unpack(archive, inner)
    assert [path.name for path in tmp_path.rglob("*")] == ["inner", "a"]


def test_the_demo_is_unpacked_as_tarfiles_own_filter_does_it(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE) as archive:
        unpack(archive, tmp_path / "ours")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "theirs", filter="data")

    def contents(root: Path) -> dict[str, bytes]:
        files = [path for path in root.rglob("*") if path.is_file()]
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}

    assert contents(tmp_path / "ours") == contents(tmp_path / "theirs")
