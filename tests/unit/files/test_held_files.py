"""What is read of an open file is what was there, whatever takes its name meanwhile."""

import os
import pickle
import resource
from contextlib import suppress
from pathlib import Path

import pytest

from runner.files.held_files import AT_ONCE, HeldFile, allow_open_files


def held(path: Path, content: bytes) -> HeldFile:
    path.write_bytes(content)
    return HeldFile(path)


def test_a_file_that_takes_its_place_is_not_read(tmp_path: Path) -> None:
    file = held(tmp_path / "file", b"earlier")
    (tmp_path / "other").write_bytes(b"another")
    (tmp_path / "other").replace(tmp_path / "file")
    assert file.read(0, 7) == b"earlier"
    assert HeldFile(tmp_path / "file").read(0, 7) == b"another"


def test_a_piece_is_read_and_digested_also_if_it_is_larger_than_what_is_read_at_once(
    tmp_path: Path,
) -> None:
    content = os.urandom(2 * AT_ONCE + 3)
    file, alone = held(tmp_path / "file", b"ab" + content), held(tmp_path / "alone", content)
    assert file.read(2, len(content)) == content
    assert file.sha256(2, len(content)) == alone.sha256(0, len(content))
    assert file.reader().read() == b"ab" + content


def test_another_process_opens_it_by_its_name(tmp_path: Path) -> None:
    file = held(tmp_path / "file", b"content")
    assert pickle.loads(pickle.dumps(file)).read(0, 7) == b"content"


def test_a_file_that_was_cut_off_gives_what_is_left(tmp_path: Path) -> None:
    file = held(tmp_path / "file", b"0123456789")
    (tmp_path / "file").write_bytes(b"0123")
    assert file.read(2, 5) == b"23"


def open_below(folder: Path) -> int:
    """Return how many files of a folder are open; other tests' may be closed meanwhile."""
    opened = []
    for number in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the list's own
            opened.append(number.readlink())
    return sum(folder in path.parents for path in opened)


def test_a_file_that_nobody_refers_to_is_closed(tmp_path: Path) -> None:
    files = [held(tmp_path / f"{number}", b"x") for number in range(10)]
    assert open_below(tmp_path) == 10
    files.clear()
    assert open_below(tmp_path) == 0


@pytest.mark.parametrize("kind", ["link", "missing"])
def test_what_is_no_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    if kind == "link":
        (tmp_path / "place").symlink_to(tmp_path)
    with pytest.raises(OSError, match="place"):
        HeldFile(tmp_path / "place")


def test_more_files_may_be_open_than_before() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, limits[1]))
    try:
        allow_open_files(50)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 250
        allow_open_files(limits[1])  # no more than the system allows
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (limits[1], limits[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
