"""However the writing ends, what is there is the earlier or the new, whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runner.files import whole_writes
from runner.files.whole_writes import (
    fill_directory,
    new_file,
    put_in_place,
    unfinished_directory,
    whole_file,
)
from tests.hardships import room_for

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from runner.files import whole_writes
from runner.files.whole_writes import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def fill(directory: Path, text: str) -> Path:
    directory.mkdir()
    (directory / "file").write_text(text)
    return directory


def test_a_file_is_written_and_its_folder_is_made(tmp_path: Path) -> None:
    with whole_file(tmp_path / "folder" / "file") as file:
        file.write(b"new")
    assert (tmp_path / "folder" / "file").read_bytes() == b"new"
    assert names(tmp_path / "folder") == ["file"]


@pytest.mark.parametrize("name", ["x" * 255, "\N{GRINNING FACE}" * 63])
def test_the_longest_name_that_a_file_can_have_is_written(tmp_path: Path, name: str) -> None:
    with whole_file(tmp_path / name) as file:
        file.write(b"new")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_writer_that_fails_leaves_the_earlier_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    (tmp_path / "file").write_bytes(b"earlier")

    def fail() -> None:
        with whole_file(tmp_path / "file") as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert (tmp_path / "file").read_bytes() == b"earlier"
    assert names(tmp_path) == ["file"]


def test_a_writer_that_is_killed_leaves_the_earlier_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"earlier")
    command = [sys.executable, "-c", KILLED_WRITER, str(tmp_path / "file")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert (tmp_path / "file").read_bytes() == b"earlier"


@pytest.mark.parametrize(("is_durable", "synced"), [(True, 2), (False, 0)])
def test_a_durable_file_and_its_name_are_on_the_disk_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_durable: bool, synced: int
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(os, "fsync", calls.append)
    with whole_file(tmp_path / "file", is_durable=is_durable) as file:
        file.write(b"new")
    assert len(calls) == synced


def test_a_directory_is_filled_with_files_that_only_the_user_may_read(tmp_path: Path) -> None:
    files = {"report.json": b"report", "case-1/log": b"log", "case-1/deeper/file": b"x"}
    fill_directory(tmp_path, files)
    assert {name: (tmp_path / name).read_bytes() for name in files} == files
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in files} == {0o600}
    assert (tmp_path / "case-1").stat().st_mode & 0o777 == 0o700


def test_the_files_of_a_filled_directory_and_their_names_are_on_the_disk_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda number: synced.append(str(Path(f"/proc/self/fd/{number}").readlink()))
    )
    fill_directory(tmp_path, {"case-1/deeper/file": b"x"})
    places = ("case-1/deeper/file", "case-1/deeper", "case-1", "")
    assert set(synced) == {str(tmp_path / place) for place in places}


def test_a_directory_that_is_not_put_in_place_is_removed(tmp_path: Path) -> None:
    with unfinished_directory(tmp_path / "place") as half:
        (half / "file").write_text("half")
    assert names(tmp_path) == []


def test_a_directory_takes_the_place_of_the_earlier_one(tmp_path: Path) -> None:
    place = fill(tmp_path / "place", "earlier")
    with unfinished_directory(place) as unfinished:
        (unfinished / "file").write_text("new")
        assert (place / "file").read_text() == "earlier"
        put_in_place(unfinished, place)
    assert (place / "file").read_text() == "new"
    assert names(tmp_path) == ["place"]


@pytest.fixture
def missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return where ``place`` is noted each time that a rename leaves it without a directory."""
    found: list[Path] = []
    rename = Path.rename

    def watched(path: Path, target: Path) -> Path:
        renamed = rename(path, target)
        if not (tmp_path / "place").exists():
            found.append(tmp_path / "place")
        return renamed

    monkeypatch.setattr(Path, "rename", watched)
    return found


def test_at_any_time_there_is_the_earlier_or_the_new_directory(
    tmp_path: Path, missing: list[Path]
) -> None:
    place = fill(tmp_path / "place", "earlier")
    put_in_place(fill(tmp_path / "unfinished", "new"), place)
    assert (place / "file").read_text() == "new"
    assert missing == []


def test_control_with_two_renames_there_is_a_moment_without_any(
    tmp_path: Path, missing: list[Path]
) -> None:
    place = fill(tmp_path / "place", "earlier")
    put_in_place(fill(tmp_path / "unfinished", "new"), place, tmp_path / "aside")
    assert (place / "file").read_text() == "new"
    assert missing == [place]


def test_where_two_can_not_be_exchanged_they_are_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_writes, "_exchange", lambda *_: False)
    place = fill(tmp_path / "place", "earlier")
    put_in_place(fill(tmp_path / "unfinished", "new"), place)
    assert (place / "file").read_text() == "new"
    assert names(tmp_path) == ["place"]


def test_the_earlier_directory_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    place = fill(tmp_path / "place", "earlier")
    put_in_place(fill(tmp_path / "unfinished", "new"), place, tmp_path / "aside")
    assert (place / "file").read_text() == "new"
    assert (tmp_path / "aside" / "file").read_text() == "earlier"
    assert names(tmp_path) == ["aside", "place"]


def test_the_earlier_directory_is_put_back_if_the_new_one_can_not_be_renamed(
    tmp_path: Path,
) -> None:
    place = fill(tmp_path / "place", "earlier")
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "missing", place)
    assert (place / "file").read_text() == "earlier"
    assert names(tmp_path) == ["place"]


@pytest.mark.parametrize("path", ["", "/"])
def test_what_has_no_name_is_a_directory(path: str) -> None:
    with pytest.raises(IsADirectoryError), whole_file(Path(path)):
        pass


def test_a_new_file_that_does_not_fit_is_not_there(tmp_path: Path) -> None:
    with room_for(10), pytest.raises(OSError), new_file(tmp_path / "a", 0o600) as file:  # noqa: PT011
        file.write(b"x" * 100)
    assert names(tmp_path) == []


def test_control_a_new_file_that_fits_stays_with_its_mode(tmp_path: Path) -> None:
    with new_file(tmp_path / "a", 0o600) as file:
        file.write(b"x" * 100)
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_a_new_file_takes_no_others_place(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(FileExistsError), new_file(tmp_path / "a", 0o600):
        pass
    assert (tmp_path / "a").read_text() == "mine"
