import tarfile
from pathlib import Path

import pytest

from runner.authoring.image_context import from_references, write_context
from runner.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "predictor"
    folder.mkdir()
    (folder / "Dockerfile").write_text("ARG BASE=runner-base\nFROM ${BASE}\nCOPY a /a\n")
    (folder / "predictor.py").write_text("pass\n")
    return folder


@pytest.mark.parametrize(
    ("dockerfile", "references"),
    [
        ("FROM python:3.11-slim\n", ["python:3.11-slim"]),
        ("ARG A=x\nFROM $A\n", ["x"]),
        ("ARG A=x\nfrom ${A} as one\nFROM one\nFROM scratch\n", ["x"]),
        ("ARG BASE=x\nFROM ${BASE}\n", ["given"]),
        ("FROM --platform=linux/amd64 x AS y\n", ["x"]),
        ("# caf\udce9\nFROM x\n", ["x"]),
    ],
)
def test_the_images_a_dockerfile_stands_on_are_found(
    folder: Path, dockerfile: str, references: list[str]
) -> None:
    (folder / "Dockerfile").write_text(dockerfile, errors="surrogateescape")
    assert from_references(folder, {"BASE": "given"}) == references


def test_a_folder_without_dockerfile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Dockerfile: no such file"):
        from_references(tmp_path, {})


def context(folder: Path, archive: Path) -> list[str]:
    """Return the names in a folder's build context."""
    with archive.open("w+b") as file:
        write_context(folder, file, base=False, machine="x86_64")
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
