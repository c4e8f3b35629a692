import os
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.authoring.build_warnings import find_build_warnings
from runner.authoring.context_files import (
    add_to_context,
    context_files,
    context_names,
    reading,
)
from runner.errors import UsageError
from runner.files.scratch import scratch_directory
from tests.unit.files.deep_folders import make_deep


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "predictor"
    (folder / "model").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "model" / "weights").write_text("1")
    return folder


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


ODD: dict[str, Callable[[Path], object]] = {
    "a link that leads nowhere": lambda path: path.symlink_to("user@host.1234:5678"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to the folder above": lambda path: path.symlink_to(".."),
    "a pipe": os.mkfifo,
    "a socket": make_socket,
}


@pytest.mark.timeout(10)  # a pipe that is opened waits for ever
@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_an_odd_file_is_taken_and_never_opened(
    folder: Path, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(folder / "model" / "odd")
    assert find_build_warnings(folder, context_files(folder), []) == []
    with tarfile.open(tmp_path / "tar", "w") as archive:
        for name in context_names(folder):
            add_to_context(archive, folder / name, name)
        taken = archive.getnames()
    usual = ["Dockerfile", "model", "model/weights"]
    assert sorted(taken) == (usual if make is make_socket else sorted([*usual, "model/odd"]))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", [".dockerignore", "requirements.txt", "requirements.lock"])
def test_a_pipe_in_place_of_what_the_build_reads_is_refused(folder: Path, name: str) -> None:
    os.mkfifo(folder / name)
    with pytest.raises(UsageError, match=f"{name}: no file, but e.g. a folder, a pipe"):
        context_names(folder)


READ = [".dockerignore", "requirements.txt", "requirements.lock", "apt.txt", "apt.lock"]


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("nowhere")])
@pytest.mark.parametrize("name", READ)
def test_a_folder_or_a_dead_link_in_place_of_what_the_build_reads_is_not_passed_over(
    folder: Path, name: str, make: Callable[[Path], object]
) -> None:
    make(folder / name)
    with pytest.raises(UsageError, match=f"{name}: no file, but e.g. a folder, a pipe or a link"):
        context_names(folder)


@pytest.mark.parametrize("name", READ)
def test_control_a_file_or_a_link_to_one_in_that_place_is_taken(folder: Path, name: str) -> None:
    (folder / name).write_text("")
    assert name in context_names(folder)
    (folder / name).rename(folder / "other")
    (folder / name).symlink_to("other")
    assert name in context_names(folder)


def test_only_regular_files_are_looked_into(folder: Path) -> None:
    (folder / "model" / "link").symlink_to("weights")
    assert context_files(folder) == [folder / "Dockerfile", folder / "model" / "weights"]


def test_a_name_need_not_be_utf_8(folder: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    (folder / name).touch()
    with tarfile.open(tmp_path / "tar", "w", format=tarfile.GNU_FORMAT) as archive:
        add_to_context(archive, folder / name, name)
    assert b"caf\xe9\0" in (tmp_path / "tar").read_bytes()


def test_what_dockerignore_names_is_left_out_but_never_the_dockerfile(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n!model/weights\n")
    assert context_names(folder) == [".dockerignore", "Dockerfile", "model/weights"]


def test_a_dockerignore_of_the_dockerfiles_own_counts_before_the_other(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n")
    (folder / "Dockerfile.dockerignore").write_text("model/weights\n")
    assert "model" in context_names(folder)
    assert "model/weights" not in context_names(folder)


def test_folders_may_be_deeper_than_python_s_stack() -> None:
    with scratch_directory() as folder:  # which pytest could not remove
        make_deep(folder, 1200)
        assert len(context_names(folder)) == 1200


def test_control_a_folder_comes_before_its_content_and_that_before_the_next(folder: Path) -> None:
    (folder / "model" / "a").mkdir()
    (folder / "model" / "a" / "b").touch()
    (folder / "z").touch()
    names = ["Dockerfile", "model", "model/a", "model/a/b", "model/weights", "z"]
    assert context_names(folder) == names


def test_a_file_that_is_gone_is_named(folder: Path, tmp_path: Path) -> None:
    with (
        tarfile.open(tmp_path / "tar", "w") as archive,
        pytest.raises(UsageError, match=r"model/gone: can't be read .* went away"),
    ):
        add_to_context(archive, folder / "model" / "gone", "model/gone")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (FileNotFoundError(2, "No such file or directory"), "run the same command again"),
        (PermissionError(13, "Permission denied"), "Change its permissions"),
    ],
)
def test_who_changes_the_folder_meanwhile_is_told_so(
    folder: Path, error: OSError, advice: str
) -> None:
    """The control is a file that may not be read."""
    with pytest.raises(UsageError, match=advice), reading(folder / "model"):
        raise error
