"""A file's stamp differs after every change, or there is none."""

import os
import time
from pathlib import Path

import pytest

from runner.files import file_stamps
from runner.files.file_stamps import RECENT_NS, SECOND, stamp_of
from runner.files.stores import open_store


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that counts as written long ago."""
    monkeypatch.setattr(file_stamps, "RECENT_NS", 0)
    path = tmp_path / "file"
    path.write_text("one")
    return path


def test_a_file_that_is_only_read_keeps_its_stamp(file: Path) -> None:
    stamp = stamp_of(file)
    assert stamp is not None
    assert file.read_text() == "one"
    assert stamp_of(file) == stamp


def test_it_differs_though_size_and_time_of_writing_are_put_back(file: Path) -> None:
    before, stamp = file.stat(), stamp_of(file)
    time.sleep(0.02)  # longer than the kernel's clock stands still
    file.write_text("two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    control = [(s.st_ino, s.st_size, s.st_mtime_ns) for s in (before, after)]
    assert control[0] == control[1]
    assert stamp_of(file) != stamp


def test_it_differs_for_a_copy_and_for_what_takes_the_place_of_the_file(file: Path) -> None:
    stamp = stamp_of(file)
    other = file.with_name("other")
    other.write_text("two")
    assert stamp_of(other) != stamp
    other.replace(file)
    assert stamp_of(file) != stamp


def test_what_was_written_a_moment_ago_has_none(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stamp_of(file) is not None  # control
    monkeypatch.setattr(file_stamps, "RECENT_NS", RECENT_NS)
    assert stamp_of(file) is None


def test_a_time_without_fractions_has_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = file.stat().st_ctime_ns
    assert changed % SECOND
    monkeypatch.setattr(file_stamps, "SECOND", changed)
    assert stamp_of(file) is None


def test_only_files_of_this_disk_have_one(file: Path) -> None:
    os.mkfifo(file.with_name("pipe"))
    remote = open_store("memory://bucket/file")
    remote.write_text("one")
    for path in (file.with_name("none"), file.with_name("pipe"), file.parent, remote):
        assert stamp_of(path) is None
