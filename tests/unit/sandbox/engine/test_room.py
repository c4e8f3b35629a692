"""Whether there is room on the engine's disk, asked of a real file system."""

import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runner.contract.limits import GIB
from runner.errors import LackOfRoomError, NoRoomError
from runner.sandbox.engine import room
from runner.sandbox.engine.pull import follow_pull, pull_image
from runner.sandbox.engine.room import (
    LEAST_FREE_BYTES,
    LEAST_FREE_FILES,
    check_layers,
    free_bytes,
    lack_of_room,
)


def info(root: Path, name: str | None = None) -> dict[str, str]:
    return {"Name": name or socket.gethostname(), "DockerRootDir": str(root)}


def test_what_is_free_is_that_of_the_file_system(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    free = free_bytes(info(tmp_path))
    assert free == pytest.approx(found.f_bavail * found.f_frsize, abs=GIB)


@pytest.mark.parametrize(
    ("files", "left", "is_full"),
    [
        (400_000, LEAST_FREE_FILES - 1, True),
        (400_000, LEAST_FREE_FILES, False),
        (0, 0, False),  # of a file system that has any number
    ],
)
def test_nothing_is_free_where_no_more_files_have_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, files: int, left: int, is_full: bool
) -> None:
    """An image of 384,000 empty files left no room for others where 5 GiB were free."""
    disk = SimpleNamespace(f_bavail=8, f_frsize=GIB, f_files=files, f_favail=left)
    monkeypatch.setattr(room, "os", SimpleNamespace(statvfs=lambda _path: disk))
    assert free_bytes(info(tmp_path)) == (0 if is_full else 8 * GIB)
    lack = lack_of_room(info(tmp_path))
    assert (lack is not None and "`df -i`" in lack) == is_full
    if is_full:
        with pytest.raises(NoRoomError) as refused:
            pull_image([], info(tmp_path), "x", lambda _line: None)
        assert refused.value.is_guess  # of images that may be removed the bytes are known alone


def test_it_is_unknown_for_an_engine_of_another_machine_or_a_folder_that_is_not_here(
    tmp_path: Path,
) -> None:
    assert free_bytes(info(tmp_path, "another")) is None
    assert free_bytes(info(tmp_path / "none")) is None
    assert lack_of_room(info(tmp_path / "none")) is None


def test_a_disk_that_is_nearly_full_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lack_of_room(info(tmp_path)) is None  # control: the tests' disk has room
    monkeypatch.setattr(room, "LEAST_FREE_BYTES", 2**62)
    told = lack_of_room(info(tmp_path))
    assert told is not None
    assert told.startswith(f"{tmp_path}: the engine's disk has only ")
    assert "`runner gc --images`" in told
    asked: list[object] = []
    with pytest.raises(NoRoomError, match="x was not pulled") as refused:
        pull_image(asked, info(tmp_path), "x", asked.append)
    assert not refused.value.is_guess
    assert not asked  # no registry was: this is nobody's fault but the host's


def test_layers_that_fit_in_no_way_are_refused() -> None:
    """Two layers of 3 and 2: unpacked they take 5, and the last to be unpacked stands there too."""
    sizes = {"a": 3 * GIB, "b": 2 * GIB}
    check_layers("x", sizes, 8 * GIB + LEAST_FREE_BYTES)  # control
    text = r"x: it needs at least 8\.0 GiB, .* has 8\.9 GiB free"
    with pytest.raises(LackOfRoomError, match=text) as refused:
        check_layers("x", sizes, 8 * GIB + LEAST_FREE_BYTES - GIB // 10)
    assert refused.value.needed_bytes == 8 * GIB + LEAST_FREE_BYTES
    check_layers("x", sizes, None)
    check_layers("x", {}, LEAST_FREE_BYTES)


def test_a_pull_is_ended_when_the_registry_says_more_than_there_is_room_for() -> None:
    progress = {"current": 1, "total": 4 * GIB}
    event = {"id": "a", "status": "Downloading", "progressDetail": progress}
    follow_pull([event], "x", print, lambda: 10 * GIB)  # control
    with pytest.raises(LackOfRoomError, match="x: it needs at least 8"):
        follow_pull([event], "x", print, lambda: 8 * GIB)


def unpacking(free: Iterator[int]) -> list[Mapping[str, Any]]:
    """Return the events of a layer of 8 MB that is unpacked, one for each time that is measured."""
    return [
        {"id": "a", "status": "Extracting", "progressDetail": {"current": done, "total": 8_000_000}}
        for done, _ in enumerate(free)
    ]


def test_a_pull_is_ended_when_what_it_unpacks_fills_the_disk() -> None:
    """A layer of zeros is a thousandth of them: 8 MB that were sent take 8 GB."""
    free = [4 * GIB, 3 * GIB, 2 * GIB, LEAST_FREE_BYTES, LEAST_FREE_BYTES - 1, 0]
    measured = iter(free)
    events = iter(unpacking(iter(free)))
    text = r"x: unpacked, it does not fit on the engine's disk, which had 4\.0 GiB free"
    with pytest.raises(LackOfRoomError, match=text) as refused:
        follow_pull(events, "x", print, measured.__next__)
    assert refused.value.needed_bytes == 8 * GIB
    assert refused.value.is_guess
    assert list(measured) == [0]  # at once


def test_control_a_pull_goes_on_while_enough_is_free_or_it_is_not_known_how_much() -> None:
    free = [4 * GIB, 3 * GIB, 2 * GIB, LEAST_FREE_BYTES]
    follow_pull(unpacking(iter(free[1:])), "x", print, iter(free).__next__)
    follow_pull(unpacking(iter(free)), "x", print, lambda: None)
