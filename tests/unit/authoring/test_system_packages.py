from pathlib import Path
from typing import Any, cast

import pytest

from runner.authoring.debian.lock import Lock, write_lock
from runner.authoring.system_packages import lock_system_packages
from tests.suite_builder import Said

LOCK = Lock(
    distribution="Debian 12 (bookworm) for amd64",
    time="20261121T100000Z",
    wanted=["libgomp1"],
    base="sha256:1",
    packages=[],
)
NO_ENGINE = cast("Any", None)
"""Where no package is asked for, no engine is."""


def lock_packages(folder: Path) -> list[str]:
    """Lock the packages of a folder that asks for none; return what is said."""
    said = Said()
    assert lock_system_packages(folder, NO_ENGINE, NO_ENGINE, "image", said) is None
    return said.lines


@pytest.mark.parametrize("left", ["", "# libgomp1\n", None])
def test_the_lock_of_packages_that_are_asked_for_no_more_is_removed(
    tmp_path: Path, left: str | None
) -> None:
    if left is not None:
        (tmp_path / "apt.txt").write_text(left)
    write_lock(tmp_path / "apt.lock", LOCK)
    (said,) = lock_packages(tmp_path)
    assert said.startswith(f"removed {tmp_path}/apt.lock")
    assert not (tmp_path / "apt.lock").exists()


def test_control_a_file_that_the_runner_did_not_write_stays(tmp_path: Path) -> None:
    (tmp_path / "apt.lock").write_text("mine")
    assert lock_packages(tmp_path) == []
    assert (tmp_path / "apt.lock").read_text() == "mine"
