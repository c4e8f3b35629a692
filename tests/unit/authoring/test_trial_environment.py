"""The environment of a trial: real ones, whose base is one small package."""

import hashlib
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.authoring import trial_environment
from runner.authoring.trial_environment import find_environment
from runner.errors import BuildError, UsageError
from runner.files.user_directories import cache_directory
from runner.progress import SILENT, Silent


def write_wheel(folder: Path, name: str) -> Path:
    """Write a package with one module of its name."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1-py3-none-any.whl"
    about = f"{name}-1.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", f"NAME = {name!r}\n")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    return path


@pytest.fixture(scope="module", autouse=True)
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder with two packages, of which the base image has one.

    Tests share the user's cache, so that the environment of the base is made once.
    """
    root = tmp_path_factory.mktemp("trial")
    folder = root / "wheels"
    digest = hashlib.sha256(write_wheel(folder, "inbase").read_bytes()).hexdigest()
    lock = root / "base.lock"
    lock.write_text(f"--no-index\n--find-links {folder}\ninbase==1 --hash=sha256:{digest}\n")
    write_wheel(folder, "added")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        patch.setattr(trial_environment, "BASE_LOCK", lock)
        patch.setattr(trial_environment, "base_pins", lambda: {"inbase==1"})
        yield folder


@pytest.fixture(scope="module", autouse=True)
def said_of_base(wheels: Path) -> list[str]:
    """Make the environment of the base, and return what was said."""
    progress = Lines()
    find_environment(write_folder(wheels.parent / "base", "# none\n"), progress)
    return progress.said


def write_folder(path: Path, requirements: str) -> Path:
    path.mkdir(exist_ok=True)
    path.joinpath("requirements.txt").write_text(requirements)
    return path


def write_including(path: Path, wheels: Path, packages: str) -> Path:
    """Write a folder whose requirements.txt includes another file, with these packages."""
    folder = write_folder(path, "-r more.txt\n")
    (folder / "more.txt").write_text(f"--no-index\n--find-links {wheels}\n{packages}")
    return folder


def imports(environment: Path, module: str) -> bool:
    python = environment / "bin" / "python3"
    ended = subprocess.run([python, "-c", f"import {module}"], check=False, capture_output=True)
    return ended.returncode == 0


class Lines(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        """Keep a line."""
        self.said.append(line)


def test_a_cache_that_can_not_be_written_is_told_with_the_variable_that_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    with pytest.raises(UsageError, match=r"^/dev/null/cache/.*set XDG_CACHE_HOME"):
        find_environment(tmp_path, SILENT)


def test_a_predictor_without_packages_has_those_of_the_base_and_no_others(
    tmp_path: Path, said_of_base: list[str]
) -> None:
    assert len(said_of_base) == 1
    found = find_environment(write_folder(tmp_path / "a", "# none\n"), SILENT)
    assert imports(found, "inbase")
    assert not imports(found, "pandas")  # which this Python has


def test_packages_are_added_to_those_of_the_base_and_made_once(
    tmp_path: Path, wheels: Path
) -> None:
    folder = write_including(tmp_path / "a", wheels, "added\ninbase\n")
    progress = Lines()
    found = find_environment(folder, progress)
    assert imports(found, "added")
    assert imports(found, "inbase")
    assert not list(found.glob("lib/*/site-packages/inbase.py"))  # the base has it
    assert len(progress.said) == 1
    assert find_environment(folder, progress) == found
    assert len(progress.said) == 1


def test_an_environment_that_was_not_finished_is_made_again(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", "")
    found = find_environment(folder, SILENT)
    (found / "complete").unlink()
    next(found.glob("lib/*/site-packages/inbase.py")).unlink()
    assert imports(find_environment(folder, SILENT), "inbase")


def test_other_requirements_make_another_one_and_what_was_not_used_for_long_is_removed(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_including(tmp_path / "a", wheels, "inbase\n")
    first = find_environment(folder, SILENT)
    write_including(folder, wheels, "added\ninbase\n")  # as above, which made it
    second = find_environment(folder, SILENT)
    assert imports(second, "added")
    assert not imports(first, "added")  # the control: it is another, still there
    monkeypatch.setattr(trial_environment, "UNUSED_DAYS", -1)
    write_including(folder, wheels, "added # again\n")
    third = find_environment(folder, SILENT)
    assert [each.exists() for each in (first, second, third)] == [False, False, True]


def test_a_package_that_is_not_there_is_the_predictors_fault_with_pips_words(
    tmp_path: Path,
) -> None:
    folder = write_folder(tmp_path / "a", "--no-index\nno-such-package\n")
    with pytest.raises(BuildError, match=r"(?s)as `runner build` will.*no-such-package"):
        find_environment(folder, SILENT)
    kept = cache_directory() / "environments"
    folders = [path for path in kept.iterdir() if path.is_dir()]
    assert folders  # the base's
    assert all((path / "complete").exists() for path in folders)
