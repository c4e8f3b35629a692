from pathlib import Path

import pytest

from runner.authoring.debian.archive import MIRROR, Distribution
from runner.authoring.debian.lock import (
    Lock,
    LockedPackage,
    check_architecture,
    installed_digest,
    read_lock,
    read_wanted,
    write_lock,
)
from runner.authoring.debian.packages import read_installed
from runner.errors import UsageError
from tests.unit.authoring.debian.builder import described, status


def lock(url: str = f"{MIRROR}/debian/pool/a_1%3a1_amd64.deb") -> Lock:
    package = LockedPackage(name="a", version="1:1", url=url, sha256="0" * 64, size=3)
    return Lock(
        distribution="Debian 12 (bookworm) for amd64",
        time="20261121T100000Z",
        wanted=["a"],
        base="sha256:1",
        packages=[package],
    )


def test_names_may_stand_on_one_line_or_many_with_comments(tmp_path: Path) -> None:
    (tmp_path / "apt.txt").write_text("# why\nlibgomp1 zlib1g # more\n\nlibstdc++6\nzlib1g\n")
    assert read_wanted(tmp_path / "apt.txt") == ["libgomp1", "libstdc++6", "zlib1g"]


def test_a_list_of_an_editor_on_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "apt.txt").write_bytes(b"\xef\xbb\xbflibgomp1 # why\r\n\r\nzlib1g\r\n")
    assert read_wanted(tmp_path / "apt.txt") == ["libgomp1", "zlib1g"]


def test_a_list_that_cannot_be_read_is_a_fault_of_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"can't be read"):
        read_wanted(tmp_path)


@pytest.mark.parametrize("line", ["libgomp1=1.0", "-o APT::x=y", "../a", "Libgomp1", "a;b"])
def test_what_is_no_name_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "apt.txt").write_text(f"libgomp1\n{line}\n")
    with pytest.raises(UsageError, match=r"apt.txt, line 2: .* is no name of a package"):
        read_wanted(tmp_path / "apt.txt")


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "apt.lock") is None
    write_lock(tmp_path / "apt.lock", lock())
    assert read_lock(tmp_path / "apt.lock") == lock()


def test_a_lock_of_another_architecture_is_refused() -> None:
    check_architecture(lock(), Distribution("13", "trixie", "amd64"))
    with pytest.raises(UsageError, match=r"apt.lock: .* for amd64, and the base is for arm64"):
        check_architecture(lock(), Distribution("12", "bookworm", "arm64"))


@pytest.mark.parametrize("content", ["", "{", "{}", '{"packages": 1}'])
def test_a_file_that_is_no_lock_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "apt.lock").write_text(content)
    with pytest.raises(UsageError, match=r"apt.lock: not as the runner wrote it"):
        read_lock(tmp_path / "apt.lock")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://elsewhere/a.deb", f"{MIRROR}/x/$(a).deb", f"{MIRROR}/x/a.tar"],
)
def test_a_lock_names_files_of_the_mirror_only(tmp_path: Path, url: str) -> None:
    write_lock(tmp_path / "apt.lock", lock(url))
    with pytest.raises(UsageError, match="is no package at"):
        read_lock(tmp_path / "apt.lock")


def test_the_digest_of_a_base_changes_with_a_version() -> None:
    one, two = (installed_digest(read_installed(status(described("a", v)))) for v in "12")
    assert one != two
