"""What is below a folder is found; no name leads out of a folder, and no link is followed."""

import os
from pathlib import Path

import pytest

from runner.files.below import open_below, paths_below
from runner.files.scratch import scratch_directory
from tests.unit.files.deep_folders import make_deep


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "a").mkdir(parents=True)
    (tmp_path / "root" / "a" / "file").write_bytes(b"inside")
    (tmp_path / "outside").write_bytes(b"outside")
    return tmp_path / "root"


def test_control_a_file_below_the_folder_is_opened(root: Path) -> None:
    with open_below(root, ["a", "file"]) as file:
        assert file.read() == b"inside"


def test_the_folder_itself_may_be_named_by_a_link(root: Path) -> None:
    (root.parent / "link").symlink_to(root)
    with open_below(root.parent / "link", ["a", "file"]) as file:
        assert file.read() == b"inside"


@pytest.mark.parametrize(
    "parts",
    [["..", "outside"], ["a", "..", "..", "outside"], ["a/../../outside"], ["", "file"], ["a\0"]],
)
def test_what_is_no_name_leads_nowhere(root: Path, parts: list[str]) -> None:
    assert os.path.exists(root / ".." / "outside")  # noqa: PTH110  (the control: as it is written)
    with pytest.raises(FileNotFoundError):
        open_below(root, parts)


def test_no_link_is_followed_on_the_way_or_at_its_end(root: Path) -> None:
    (root / "file").symlink_to(root.parent / "outside")
    (root / "up").symlink_to(root.parent)
    assert (root / "file").read_bytes() == (root / "up" / "outside").read_bytes()  # the control
    for parts in (["file"], ["up", "outside"]):
        with pytest.raises(OSError, match=r"Too many levels|Not a directory"):
            open_below(root, parts)


def test_a_pipe_and_a_folder_are_no_files(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(OSError, match="no file"):
        open_below(root, ["pipe"])
    with pytest.raises(IsADirectoryError):
        open_below(root, ["a"])


def test_all_below_a_folder_is_found_but_nothing_behind_a_link(root: Path) -> None:
    (root / "up").symlink_to(root.parent)
    os.mkfifo(root / "a" / "pipe")
    found = {path.relative_to(root).as_posix() for path in paths_below(root)}
    assert found == {"a", "a/file", "a/pipe", "up"}


def test_folders_may_be_deeper_than_python_s_stack() -> None:
    with scratch_directory() as scratch:  # which pytest could not remove
        make_deep(scratch, 1200)
        assert sum(1 for _ in paths_below(scratch)) == 1200


def test_a_folder_that_goes_away_meanwhile_is_passed_over(root: Path) -> None:
    found = paths_below(root)
    assert next(found) == root / "a"
    (root / "a" / "file").unlink()
    (root / "a").rmdir()
    assert list(found) == []


def test_below_what_is_no_folder_there_is_nothing(root: Path) -> None:
    assert list(paths_below(root / "a" / "file")) == []
    assert list(paths_below(root / "missing")) == []
