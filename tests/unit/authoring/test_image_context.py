import os
import re
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.authoring.image_context import (
    find_requirements,
    read_dockerfile,
    read_expected,
    read_fact_sheet,
    write_context,
    write_packages_context,
)
from runner.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "predictor"
    folder.mkdir()
    (folder / "Dockerfile").write_text("ARG BASE=runner-base\nFROM ${BASE}\nCOPY a /a\n")
    (folder / "predictor.py").write_text("pass\n")
    return folder


def test_a_folder_without_dockerfile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Dockerfile: no such file"):
        read_dockerfile(tmp_path)


def test_a_fact_sheet_is_read_if_there_is_one(folder: Path) -> None:
    assert read_fact_sheet(folder) is None
    (folder / "predictor.yaml").write_text("title: Mine\n")
    sheet = read_fact_sheet(folder)
    assert sheet is not None
    assert sheet.title == "Mine"


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("nowhere")])
@pytest.mark.parametrize(
    ("name", "read"),
    [("predictor.yaml", read_fact_sheet), ("expected_predictions.json", read_expected)],
)
def test_what_is_no_file_in_the_place_of_one_that_becomes_a_label_is_refused(
    folder: Path, name: str, read: Callable[[Path], object], make: Callable[[Path], object]
) -> None:
    assert read(folder) is None  # the control: without it there is no label
    make(folder / name)
    with pytest.raises(UsageError, match=f"{name}: no file, but e.g. a folder, a pipe or a link"):
        read(folder)


def make_large(path: Path, size: int) -> None:
    """Make a file that takes no room, and that to read would take seconds."""
    with path.open("wb") as file:
        file.truncate(size)


@pytest.mark.parametrize("beginning", [b"title: Mine\n", b"# comments alone\n"])
def test_a_fact_sheet_that_is_too_large_is_refused_unread(folder: Path, beginning: bytes) -> None:
    make_large(folder / "predictor.yaml", 3 * 1024**3)
    with (folder / "predictor.yaml").open("rb+") as file:
        file.write(beginning * 10_000)
    began = time.monotonic()
    with pytest.raises(UsageError, match=r"predictor\.yaml: more than \d+ bytes"):
        read_fact_sheet(folder)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "name", ["Dockerfile", "requirements.txt", "requirements.lock", "apt.txt", ".dockerignore"]
)
def test_what_says_how_to_build_and_is_too_large_is_refused_unread(folder: Path, name: str) -> None:
    make_large(folder / name, 3 * 1024**3)
    with pytest.raises(UsageError, match=f"{re.escape(name)}: has 3221225472 bytes"):
        read_dockerfile(folder)
    with pytest.raises(UsageError, match=f"{re.escape(name)}: has 3221225472 bytes"):
        find_requirements(folder, base=False)


def test_control_a_file_that_only_goes_to_the_engine_may_be_large(folder: Path) -> None:
    make_large(folder / "model.bin", 3 * 1024**3)
    read_dockerfile(folder)


SHIPPED = sorted(Path(__file__).parents[3].glob("images/*/predictor.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_the_fact_sheet_of_an_image_here_is_sound(path: Path) -> None:
    assert read_fact_sheet(path.parent) is not None


def context(folder: Path, archive: Path) -> list[str]:
    """Return the names in a folder's build context."""
    find_requirements(folder, base=False)
    packages = archive.with_name("unpacked")
    packages.mkdir(exist_ok=True)
    with archive.open("w+b") as file:
        write_context(file, folder, read_dockerfile(folder), packages, base=False)
        file.seek(0)
        with tarfile.open(fileobj=file) as tar:
            return sorted(tar.getnames())


def test_the_context_holds_the_folder_and_a_place_for_packages(
    folder: Path, tmp_path: Path
) -> None:
    (folder / ".dockerignore").write_text(".git\n")
    (folder / ".git").mkdir()
    names = context(folder, tmp_path / "context")
    assert names == [".dockerignore", "Dockerfile", "packages", "predictor.py"]


def test_packages_of_the_authors_own_go_along(folder: Path, tmp_path: Path) -> None:
    for place in ("packages", "model/packages"):
        (folder / place).mkdir(parents=True)
        (folder / place / "mine.py").touch()
    names = context(folder, tmp_path / "context")
    assert {"packages/mine.py", "model/packages/mine.py"} <= set(names)


def test_packages_of_the_authors_own_are_not_mixed_with_those_of_requirements(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "packages").mkdir()
    (folder / "requirements.txt").touch()
    with pytest.raises(UsageError, match=r"packages of requirements.txt there. Rename yours"):
        context(folder, tmp_path / "context")
    (folder / ".dockerignore").write_text("packages\n")
    assert "packages" in context(folder, tmp_path / "context")


def test_requirements_of_comments_alone_are_none(folder: Path) -> None:
    (folder / "requirements.txt").write_text("# numpy\n\n")
    assert find_requirements(folder, base=False) is None
    (folder / "requirements.txt").write_text("# numpy\nnumpy\n")
    assert find_requirements(folder, base=False) == folder / "requirements.txt"


def test_another_dockerfile_takes_the_place_of_the_folders_own(
    folder: Path, tmp_path: Path
) -> None:
    with (tmp_path / "tar").open("w+b") as file:
        write_context(file, folder, "FROM other\n", None, base=False)
        file.seek(0)
        with tarfile.open(fileobj=file) as tar:
            taken = tar.extractfile("Dockerfile")
            assert taken is not None
            assert taken.read() == b"FROM other\n"
            assert "packages" not in tar.getnames()


def test_the_context_of_packages_has_nothing_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked" / "one.py").touch()
    with (tmp_path / "tar").open("w+b") as file:
        write_packages_context(file, "FROM x\n", {"packages": tmp_path / "unpacked"})
        file.seek(0)
        with tarfile.open(fileobj=file) as tar:
            assert tar.getnames() == ["Dockerfile", "packages", "packages/one.py"]
