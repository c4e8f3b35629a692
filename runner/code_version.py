"""Versions of the code on a machine: equal code must make equal results of equal data."""

import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import runner

DISTRIBUTION = "helm-predictor-runner"
"""This package's name for pip; its import and its command are ``runner``."""

STAGING = ("pyarrow", "polars")
"""Other packages that the bytes of a container's inputs depend on."""

SCORING = ("numpy", "pydantic", "scipy")
"""Further packages that a report depends on."""


@cache
def own_version() -> str:
    """Return the version of the runner that is installed."""
    return version(DISTRIBUTION)


def install_command(extra: str) -> str:
    """Return the command that also installs the packages of an extra."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"


@cache
def code_versions() -> Mapping[str, str]:
    """Return the versions of packages that a case's run depends on; the runner's is a digest."""
    root = str(Path(str(runner.__file__)).parent)
    digest = hashlib.sha256()
    for path in sorted(_code_files(root)):
        digest.update(path.removeprefix(f"{root}/").encode())
        digest.update(hashlib.sha256(Path(path).read_bytes()).digest())
    own = f"{own_version()} (code {digest.hexdigest()[:12]})"
    return {"runner": own, **{name: version(name) for name in STAGING}}


def _code_files(root: str) -> Iterator[str]:
    for folder, _, names in os.walk(root):  # in half the time of Path.rglob
        yield from (f"{folder}/{name}" for name in names if name.endswith((".py", ".json")))


@cache
def scoring_versions() -> Mapping[str, str]:
    """Return the version of everything that a report depends on, Python included."""
    others = {name: version(name) for name in SCORING}
    return {**code_versions(), **others, "python": platform.python_version()}


def describe_difference(here: Mapping[str, str], there: Mapping[str, str]) -> str | None:
    """Return which versions of a node differ from the head's, or None if they are equal. Pure."""
    differing = [
        f"{name} {there.get(name, 'missing')}, not {wanted}"
        for name, wanted in here.items()
        if there.get(name) != wanted
    ]
    return "; ".join(differing) or None
