"""A folder with a Dockerfile -> the contexts its images are built from."""

import io
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
    has_file,
    reading,
    refuse_unreadable,
)
from runner.authoring.dockerfile import PACKAGES, WEIGHTS
from runner.authoring.fact_sheet_file import parse_fact_sheet
from runner.authoring.image_packages import BASE_LOCK, names_packages
from runner.authoring.weights import weights_names
from runner.errors import UsageError
from runner.files.regular_files import open_regular
from runner.reports.fact_sheet import (
    FACT_SHEET,
    MOST_FACT_SHEET_BYTES,
    FactSheet,
)

EXPECTED = "expected_predictions.json"
"""In a predictor's folder: predictions that `runner check --save-expected` saved."""

LARGEST_EXPECTED_BYTES = 64 * 1024  # because it becomes a label of the image


def read_expected(directory: Path) -> str | None:
    """Return the expected predictions that a folder holds, or None if there are none.

    Raises:
        UsageError: they are no file, or too large for a label.
    """
    path = directory / EXPECTED
    if not has_file(path):
        return None
    if path.stat().st_size > LARGEST_EXPECTED_BYTES:
        raise UsageError(
            f"{path} has {path.stat().st_size} bytes; the most is {LARGEST_EXPECTED_BYTES}. "
            "Check on a suite with fewer targets, or remove the file."
        )
    return path.read_text(encoding="utf-8", errors="replace")


def read_fact_sheet(directory: Path) -> FactSheet | None:
    """Return the fact sheet that a folder holds, or None if there is none.

    Raises:
        UsageError: it can't be read, or a field is wrong.
    """
    path = directory / FACT_SHEET
    if not has_file(path):
        return None
    with reading(path), open_regular(path) as file:
        content = file.read(MOST_FACT_SHEET_BYTES + 1)
    return parse_fact_sheet(content, str(path))


def read_dockerfile(directory: Path) -> str:
    """Return a folder's Dockerfile; a byte that is not UTF-8 stays, as a surrogate.

    Raises:
        UsageError: there is none, or it can't be read; or another file that says how to build.
    """
    path = directory / DOCKERFILE
    refuse_unreadable(directory)
    with reading(path):
        if not path.is_file():
            raise UsageError(
                f"{path}: no such file. A predictor's folder holds a Dockerfile; `runner init DIR` "
                "makes one that works."
            )
        return path.read_text(encoding="utf-8", errors="surrogateescape")


def write_packages_context(archive: BinaryIO, dockerfile: str, folders: Mapping[str, Path]) -> None:
    """Write the context of an image of packages as a tar: folders by their names, no own files."""
    with _open_context(archive) as context:
        _add_text(context, DOCKERFILE, dockerfile)
        for name, folder in folders.items():
            _add_folder(context, folder, name)


def write_weights_context(archive: BinaryIO, dockerfile: str, directory: Path) -> None:
    """Write the context of an image of a folder's weights as a tar, beside an empty packages/."""
    with _open_context(archive) as context:
        _add_text(context, DOCKERFILE, dockerfile)
        packages = tarfile.TarInfo(PACKAGES)
        packages.type, packages.mode = tarfile.DIRTYPE, 0o755
        context.addfile(packages)
        for name in weights_names(directory):
            add_to_context(context, directory / name, name)


def write_context(
    archive: BinaryIO,
    directory: Path,
    dockerfile: str,
    packages: Path | None,
    *,
    base: bool,
    with_weights: bool = True,
) -> None:
    """Write a folder's build context as a tar: its files, and packages if there are any.

    Args:
        dockerfile: in place of the folder's own.
        packages: unpacked, to go into ``packages/`` unless the folder has one; None for none.
        base: the folder is the base image's, which also gets the contract's code.
        with_weights: whether the weights go along: not if they are an image of their own.

    Raises:
        UsageError: a file can't be read.
    """
    names = context_names(directory)
    if not with_weights:
        names = [name for name in names if name.split("/")[0] != WEIGHTS]
    with _open_context(archive) as context:
        for name in names:
            if name == DOCKERFILE and dockerfile != read_dockerfile(directory):
                _add_text(context, name, dockerfile)
            else:
                add_to_context(context, directory / name, name)
        if packages is not None and PACKAGES not in names:
            _add_folder(context, packages, PACKAGES)
        if base:
            _add_folder(context, _contract(), "runner/contract")
            add_to_context(context, Path(runner.__file__), "runner/__init__.py")


def find_requirements(directory: Path, *, base: bool) -> Path | None:
    """Return the file that says which packages the image gets, or None if it gets none.

    Raises:
        UsageError: the folder has packages/ besides requirements.
    """
    names = context_names(directory)
    candidates = [BASE_LOCK] if base else [directory / REQUIREMENTS_LOCK, directory / REQUIREMENTS]
    found = next((path for path in candidates if path.is_file()), None)
    if found is not None and PACKAGES in names:
        raise UsageError(
            f"{directory / PACKAGES}: the runner puts the packages of {found.name} there. Rename "
            "yours, or name it in .dockerignore."
        )
    return found if found is not None and names_packages(found) else None


def _open_context(archive: BinaryIO) -> tarfile.TarFile:
    # GNU's format holds names that are not UTF-8 as they are.
    return tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT)


def _add_text(context: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode("utf-8", errors="surrogateescape")
    member = tarfile.TarInfo(name)
    member.size = len(content)
    context.addfile(member, io.BytesIO(content))


def _add_folder(context: tarfile.TarFile, folder: Path, name: str) -> None:
    add_to_context(context, folder, name)
    for below in context_names(folder):
        if "__pycache__" not in below.split("/"):
            add_to_context(context, folder / below, f"{name}/{below}")


def _contract() -> Path:
    return Path(runner.__file__).parent / "contract"
