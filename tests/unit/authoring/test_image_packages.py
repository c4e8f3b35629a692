from pathlib import Path

import pytest

from runner.authoring import image_packages


def test_the_base_lock_pins_every_package_with_a_hash() -> None:
    lines = image_packages.BASE_LOCK.read_text().splitlines()
    pins = [line for line in lines if "==" in line and not line.strip().startswith("#")]
    assert pins
    assert all(line.endswith("\\") for line in pins)
    assert len([line for line in lines if "--hash=sha256:" in line]) >= len(pins)


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "predictor"
    (folder / "own").mkdir(parents=True)
    (folder / "own" / "setup.py").write_text("1")
    (folder / "more.txt").write_text("numpy\n")
    (folder / "requirements.txt").write_text("# why\n-r more.txt\n./predictor/own\nscipy==1.0\n")
    return folder / "requirements.txt"


@pytest.mark.parametrize("changed", ["requirements.txt", "more.txt", "own/setup.py"])
def test_the_digest_of_requirements_changes_with_each_file_that_they_name(
    requirements: Path, changed: str
) -> None:
    before = image_packages.requirements_digest(requirements)
    assert image_packages.requirements_digest(requirements) == before
    with (requirements.parent / changed).open("a") as file:
        file.write("x")
    assert image_packages.requirements_digest(requirements) != before


def test_control_a_file_that_requirements_do_not_name_changes_no_digest(requirements: Path) -> None:
    before = image_packages.requirements_digest(requirements)
    (requirements.parent / "predictor.py").write_text("1")
    assert image_packages.requirements_digest(requirements) == before
