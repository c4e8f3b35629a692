from pathlib import Path

import pytest

from runner.authoring import image_context
from runner.authoring.image_context import context_digest, from_references, write_context
from runner.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "predictor"
    folder.mkdir()
    (folder / "Dockerfile").write_text("ARG BASE=runner-base\nFROM ${BASE}\nCOPY a /a\n")
    (folder / "predictor.py").write_text("pass\n")
    return folder


def digest(folder: Path, parent: str = "sha256:1", **build_args: str) -> str:
    return context_digest(folder, base=False, parents=[parent], build_args=build_args)


@pytest.mark.parametrize(
    ("dockerfile", "references"),
    [
        ("FROM python:3.11-slim\n", ["python:3.11-slim"]),
        ("ARG A=x\nFROM $A\n", ["x"]),
        ("ARG A=x\nfrom ${A} as one\nFROM one\nFROM scratch\n", ["x"]),
        ("ARG BASE=x\nFROM ${BASE}\n", ["given"]),
    ],
)
def test_the_images_a_dockerfile_stands_on_are_found(
    folder: Path, dockerfile: str, references: list[str]
) -> None:
    (folder / "Dockerfile").write_text(dockerfile)
    assert from_references(folder, {"BASE": "given"}) == references


def test_a_folder_without_dockerfile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Dockerfile: no such file"):
        from_references(tmp_path, {})


def test_the_digest_changes_with_all_that_decides_the_image(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digests = [digest(folder), digest(folder, parent="sha256:2"), digest(folder, A="1")]
    (folder / "predictor.py").write_text("changed\n")
    digests.append(digest(folder))
    (folder / "predictor.py").rename(folder / "renamed.py")
    digests.append(digest(folder))
    (folder / "renamed.py").chmod(0o755)
    digests.append(digest(folder))
    lock = tmp_path / "requirements.lock"
    lock.write_text("numpy==1\n")
    monkeypatch.setattr(image_context, "BASE_LOCK", lock)
    digests.append(digest(folder))
    assert len(set(digests)) == len(digests)


def test_the_digest_does_not_change_with_what_is_left_out(folder: Path) -> None:
    before = digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "predictor.pyc").write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x")
    assert digest(folder) == before


def test_the_context_holds_the_folder_and_a_place_for_packages(
    folder: Path, tmp_path: Path
) -> None:
    (folder / ".git").mkdir()
    context = tmp_path / "context"
    write_context(folder, context, base=False, machine="x86_64")
    names = sorted(path.name for path in context.iterdir())
    assert names == ["Dockerfile", "packages", "predictor.py"]


def test_the_base_lock_pins_every_package_with_a_hash() -> None:
    lines = image_context.BASE_LOCK.read_text().splitlines()
    pins = [line for line in lines if "==" in line and not line.strip().startswith("#")]
    assert pins
    assert all(line.endswith("\\") for line in pins)
    assert len([line for line in lines if "--hash=sha256:" in line]) >= len(pins)
