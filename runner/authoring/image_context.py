"""A folder with a Dockerfile -> the context its image is built from.

What the folder holds, and in ``packages/`` the Python packages that it asks for, unpacked.
"""

import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import runner
from runner.authoring.context_files import (
    DOCKERFILE,
    REQUIREMENTS,
    REQUIREMENTS_LOCK,
    add_to_context,
    context_names,
    reading,
)
from runner.authoring.image_packages import BASE_LOCK, unpack_packages
from runner.errors import UsageError
from runner.files.scratch import scratch_directory

PACKAGES = "packages"

EXPECTED = "expected_predictions.json"
"""In a predictor's folder: predictions that `runner check --save-expected` saved."""

LARGEST_EXPECTED_BYTES = 64 * 1024  # because it becomes a label of the image


def read_expected(directory: Path) -> str | None:
    """Return the expected predictions that a folder holds, or None if there are none.

    Raises:
        UsageError: they are too large for a label.
    """
    path = directory / EXPECTED
    if not path.is_file():
        return None
    if path.stat().st_size > LARGEST_EXPECTED_BYTES:
        raise UsageError(
            f"{path} has {path.stat().st_size} bytes; the most is {LARGEST_EXPECTED_BYTES}. "
            "Check on a suite with fewer targets, or remove the file."
        )
    return path.read_text(encoding="utf-8", errors="replace")


def from_references(directory: Path, build_args: Mapping[str, str]) -> list[str]:
    """Return the images in the Dockerfile's FROM lines, with ARG defaults filled in.

    Raises:
        UsageError: the folder has no Dockerfile.
    """
    values: dict[str, str] = {}
    stages: set[str] = set()
    references = []
    with reading(directory / DOCKERFILE):
        content = _dockerfile(directory).read_text(encoding="utf-8", errors="surrogateescape")
    for line in content.splitlines():
        if match := re.match(r"\s*ARG\s+(\w+)=(\S+)", line, re.IGNORECASE):
            values.setdefault(match[1], build_args.get(match[1], match[2]))
        elif match := re.match(
            r"\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", line, re.IGNORECASE
        ):
            reference = re.sub(r"\$\{?(\w+)\}?", lambda name: values.get(name[1], ""), match[1])
            references += [reference] if reference not in stages | {"scratch"} else []
            stages.add(match[2])
    return references


def write_context(directory: Path, archive: BinaryIO, *, base: bool, machine: str) -> None:
    """Write a folder's build context as a tar: its files, and its Python packages unpacked.

    Args:
        base: the folder is the base image's, which also gets the contract's code.
        machine: the engine's architecture, e.g. ``x86_64``.

    Raises:
        BuildError: a requirement can't be resolved; the message has pip's output.
        UsageError: a file can't be read, or the folder has packages/ besides requirements.
    """
    names = context_names(directory)
    requirements = _requirements(directory, names, base=base)
    # GNU's format holds names that are not UTF-8 as they are.
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as context:
        for name in names:
            add_to_context(context, directory / name, name)
        if PACKAGES not in names:
            with scratch_directory() as packages:
                if requirements is not None:
                    unpack_packages(requirements, packages, machine, base=base)
                _add_folder(context, packages, PACKAGES)
        if base:
            _add_folder(context, _contract(), "runner/contract")
            add_to_context(context, Path(runner.__file__), "runner/__init__.py")


def _requirements(directory: Path, names: list[str], *, base: bool) -> Path | None:
    """Return the file that says which packages the image gets, or None if there is none."""
    candidates = [BASE_LOCK] if base else [directory / REQUIREMENTS_LOCK, directory / REQUIREMENTS]
    found = next((path for path in candidates if path.is_file()), None)
    if found is not None and PACKAGES in names:
        raise UsageError(
            f"{directory / PACKAGES}: the runner puts the packages of {found.name} there. Rename "
            "yours, or name it in .dockerignore."
        )
    return found


def _add_folder(context: tarfile.TarFile, folder: Path, name: str) -> None:
    add_to_context(context, folder, name)
    for below in context_names(folder):
        if "__pycache__" not in below.split("/"):
            add_to_context(context, folder / below, f"{name}/{below}")


def _dockerfile(directory: Path) -> Path:
    path = directory / DOCKERFILE
    if not path.is_file():
        raise UsageError(
            f"{path}: no such file. A predictor's folder holds a Dockerfile; `runner init DIR` "
            "makes one that works."
        )
    return path


def _contract() -> Path:
    return Path(runner.__file__).parent / "contract"
