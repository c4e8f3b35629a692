import os
import pwd
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.files.user_directories import (
    AT_WORK_SECONDS,
    cache_directory,
    kept_by_this_code,
    log_directory,
    state_directory,
)

ALL = [cache_directory, state_directory, log_directory]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's own places")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory that holds the user's home, and nothing in the environment beside it."""
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return tmp_path


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the user one of whom the system knows a number alone, as in many containers."""

    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)


@on_linux
def test_the_directories_are_those_of_the_specification(places: Path) -> None:
    assert cache_directory() == places / "home" / ".cache" / "runner"
    assert state_directory() == places / "home" / ".local" / "state" / "runner"
    assert log_directory().parent == state_directory()


@on_linux
def test_the_environment_names_others(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(places / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(places / "state"))
    assert cache_directory() == places / "cache" / "runner"
    assert state_directory() == places / "state" / "runner"


@on_linux
@pytest.mark.parametrize("value", ["relative", "", "./x", "~/x"])
def test_one_that_is_not_absolute_is_left_out_as_the_specification_says(
    places: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("XDG_STATE_HOME", value)
    assert cache_directory() == places / "home" / ".cache" / "runner"
    assert state_directory() == places / "home" / ".local" / "state" / "runner"


@pytest.mark.parametrize("find", ALL)
@pytest.mark.usefixtures("homeless")
def test_without_a_home_a_directory_of_the_users_own_stands_for_it(
    places: Path, find: Callable[[], Path]
) -> None:
    (place,) = {find().parent, find().parent}
    assert place.parent == places / "tmp"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.usefixtures("homeless")
def test_a_place_that_others_can_write_to_does_not_stand_for_a_home(places: Path) -> None:
    place = cache_directory().parent
    place.chmod(0o777)
    with pytest.raises(UsageError, match="Set HOME"):
        cache_directory()


@pytest.mark.usefixtures("homeless")
def test_a_link_does_not_stand_for_a_home(places: Path) -> None:
    place = cache_directory().parent
    place.rmdir()
    (places / "elsewhere").mkdir(mode=0o700)
    place.symlink_to(places / "elsewhere")
    with pytest.raises(UsageError, match="not this user's alone"):
        cache_directory()


@pytest.mark.usefixtures("homeless")
@pytest.mark.skipif(os.geteuid() != 0, reason="gives a directory to another user")
def test_a_directory_of_another_user_does_not_stand_for_a_home() -> None:
    os.chown(cache_directory().parent, 12345, -1)
    with pytest.raises(UsageError, match="not this user's alone"):
        cache_directory()


@pytest.mark.usefixtures("homeless")
def test_what_can_not_be_made_is_told(places: Path) -> None:
    (places / "tmp").rmdir()
    with pytest.raises(UsageError, match="No such file"):
        cache_directory()


def test_what_other_code_has_kept_is_removed(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(places / "cache"))
    kept = kept_by_this_code("things", {"runner": "1"})
    assert kept is not None
    assert kept.stat().st_mode & 0o777 == 0o700
    assert kept_by_this_code("other things", {"runner": "2"})
    assert kept.is_dir()  # control: of another name
    assert kept_by_this_code("things", {"runner": "2"})
    assert kept.is_dir()  # control: the other code may be at work
    long_ago = time.time() - 2 * AT_WORK_SECONDS
    os.utime(kept, (long_ago, long_ago))
    assert kept_by_this_code("things", {"runner": "3"})
    assert not kept.exists()
