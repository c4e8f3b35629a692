"""The public names of ``import runner``: light, lazy, typed, and no module's."""

import subprocess
import sys
from pathlib import Path

import pytest

import runner
from tests.loaded_modules import loaded_by

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "runner"

CHEAP = {"runner", "runner.contract", "runner.errors"}
HEAVY = {"click", "docker", "numpy", "pandas", "polars", "pyarrow", "pydantic", "rich", "scipy"}


def test_importing_the_package_loads_nothing_else_of_it_and_nothing_heavy() -> None:
    loaded = loaded_by("import runner; dir(runner)")
    assert {name for name in loaded if name.startswith("runner")} == {"runner"}
    assert not loaded & HEAVY


def test_control_a_name_that_is_used_loads_what_it_needs() -> None:
    assert "docker" in loaded_by("import runner; runner.evaluate")


def test_what_a_predictor_needs_is_there_without_the_rest_of_the_package(tmp_path: Path) -> None:
    """As in the base image, which has the contract alone."""
    (tmp_path / "runner").mkdir()
    (tmp_path / "runner" / "__init__.py").write_bytes((PACKAGE / "__init__.py").read_bytes())
    (tmp_path / "runner" / "contract").symlink_to(PACKAGE / "contract")
    program = "import runner; runner.Predictor, runner.Stat, runner.Target; print(runner.__file__)"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ended.stdout.startswith(str(tmp_path))


@pytest.mark.parametrize("name", runner.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(runner, name)
    assert found.__doc__
    reference = (ROOT / "docs" / "python_reference.md").read_text()
    assert f"::: runner.{name}\n" in reference


@pytest.mark.parametrize("name", runner.__all__)
def test_no_public_name_is_that_of_a_module_of_the_package(name: str) -> None:
    assert not (PACKAGE / name).exists()
    assert not (PACKAGE / f"{name}.py").exists()


def test_a_name_that_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = runner.no_such_name


def test_types_see_what_programs_get() -> None:
    assert set(runner._MODULES) == set(runner.__all__)
    assert (PACKAGE / "py.typed").is_file()
