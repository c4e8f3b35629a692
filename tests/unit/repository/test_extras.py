"""What an extra brings is needed by what asks for it alone."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
IMPORTED_AS = {
    "crfm-helm": "helm",
    "inspect-ai": "inspect_ai",
    "universal-pathlib": "upath",
    "vl-convert-python": "vl_convert",
}
"""The name of a package's module, where it is another."""

IMPORT_COMMANDS = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    sys.modules[name] = None  # as if it were not installed
import runner.cli, runner.api
for package in (runner.cli, runner.api):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
"""


def import_commands(*missing: str) -> subprocess.CompletedProcess[str]:
    """Import every command and the API in a process where some modules are missing."""
    command = [sys.executable, "-c", IMPORT_COMMANDS, *missing]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def extra_modules() -> list[str]:
    """Return the modules of all extras but those of developers."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = document["project"]["optional-dependencies"]
    required = {name_of(each) for each in document["project"]["dependencies"]}
    asked = {name_of(each) for extra, names in extras.items() if extra != "dev" for each in names}
    return sorted(IMPORTED_AS.get(name, name) for name in asked - required)


def name_of(requirement: str) -> str:
    for sign in "[<>=! ":
        requirement = requirement.partition(sign)[0]
    return requirement


def test_every_command_can_be_loaded_without_any_extra() -> None:
    missing = extra_modules()
    assert {"jinja2", "vl_convert", "ray", "upath", "helm", "inspect_ai", "paramiko"} <= {*missing}
    ended = import_commands(*missing)
    assert ended.returncode == 0, ended.stderr


def test_control_a_package_that_every_installation_has_is_missed() -> None:
    assert "import of click halted" in import_commands("click").stderr
