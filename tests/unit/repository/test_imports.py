"""Which folder may import which: `lint-imports` says so, and is seen to refuse what it must.

And how deep imports go: whoever reads a module reads what it stands on.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.developer.measure_imports import measure_source

ROOT = Path(__file__).parents[3]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

MOST_LINKS = 14
"""The longest chain of imports. One that is longer mostly imports a module for a value, or for one
function, that could stand below what makes the value or uses the function."""

MOST_LOCAL = 20
"""Names of our own that functions import, which hides what a module stands on."""

FORBIDDEN = [
    ("runner.files", "runner.reports"),
    ("runner.pages", "runner.submissions"),
    ("runner.evaluation", "runner.leaderboard"),
    ("runner.suites", "runner.sandbox"),
    ("runner.output", "runner.files"),
    ("runner.reports", "runner.audit"),
    ("runner.importing", "runner.building"),
    ("runner.cluster", "runner.attack"),
    ("runner.cluster", "runner.suites.suite"),
    ("runner.cluster", "runner.suites.actuals"),
    ("runner.cli", "helm"),
    ("runner.sandbox", "docker"),
    ("runner.reports", "docker"),
    ("runner.view", "docker"),
    ("runner.cli", "pandas"),
    ("runner.submissions", "cryptography"),
]
"""Of each contract an import that it forbids."""


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_import_is_one_that_the_architecture_allows() -> None:
    ended = lint_imports(ROOT)
    assert ended.returncode == 0, ended.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what is said of a copy that has each forbidden import in a module of its own."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "runner", copy / "runner", ignore=shutil.ignore_patterns("*.xz"))
    for number, (folder, imported) in enumerate(FORBIDDEN):
        module = copy / Path(*folder.split(".")) / f"added_{number}.py"
        module.write_text(f"import {imported}\n")
    ended = lint_imports(copy)
    assert ended.returncode == 1
    return ended.stdout


@pytest.mark.parametrize(("folder", "imported"), FORBIDDEN)
def test_control_a_forbidden_import_is_told(folder: str, imported: str, told: str) -> None:
    number = FORBIDDEN.index((folder, imported))
    assert f"{folder}.added_{number} -> {imported}" in told


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return measure_source(ROOT)


def test_no_chain_of_imports_is_long(measured: dict[str, Any]) -> None:
    assert measured["longest chain of imports"] <= MOST_LINKS, measured["chain"]


def test_few_imports_stand_in_functions(measured: dict[str, Any]) -> None:
    assert measured["names imported inside functions, own"] <= MOST_LOCAL


def test_control_a_chain_and_an_import_in_a_function_are_counted(tmp_path: Path) -> None:
    package = tmp_path / "runner"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a.py").write_text("from runner.b import NAME\n")
    (package / "b.py").write_text("from runner import c\nNAME = c\n")
    (package / "c.py").write_text("def load():\n    from runner.a import NAME, OTHER\n")
    found = measure_source(tmp_path)
    assert found["chain"] == ["runner.a", "runner.b", "runner.c"]
    assert found["names imported inside functions, own"] == 2
