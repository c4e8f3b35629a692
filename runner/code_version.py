"""What code a machine has: what it makes of the same data must be the same."""

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import runner

DISTRIBUTION = "helm-predictor-runner"
"""What pip calls this package, whose import and command are ``runner``."""

STAGING = ("pyarrow", "polars")
"""Other packages that the bytes of a container's inputs hang on."""

SCORING = ("numpy", "pydantic", "scipy")
"""Further packages that a report hangs on."""


def own_version() -> str:
    """Return the version of the runner that is installed."""
    return version(DISTRIBUTION)


def install_command(extra: str) -> str:
    """Return the command that adds the packages of an extra to those that are installed."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"


@cache
def code_versions() -> Mapping[str, str]:
    """Return the version of each package that a case's run hangs on; of the runner, its bytes'."""
    root = Path(str(runner.__file__)).parent
    digest = hashlib.sha256()
    for path in sorted((*root.rglob("*.py"), *root.rglob("*.json"))):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    own = f"{own_version()} (code {digest.hexdigest()[:12]})"
    return {"runner": own, **{name: version(name) for name in STAGING}}


@cache
def scoring_versions() -> Mapping[str, str]:
    """Return the version of everything that a report hangs on, Python's too."""
    others = {name: version(name) for name in SCORING}
    return {**code_versions(), **others, "python": platform.python_version()}


def describe_difference(here: Mapping[str, str], there: Mapping[str, str]) -> str | None:
    """Return in which versions a node differs from the head, or None if in none. Pure."""
    differing = [
        f"{name} {there.get(name, 'missing')}, not {wanted}"
        for name, wanted in here.items()
        if there.get(name) != wanted
    ]
    return "; ".join(differing) or None
