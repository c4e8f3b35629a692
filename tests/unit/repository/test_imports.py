"""Which folder may import which: `lint-imports` says so, and is seen to refuse what it must."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

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
    ("runner.cli", "helm"),
    ("runner.sandbox", "docker"),
    ("runner.reports", "docker"),
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
