"""Imported runs on disk: all of them, each whole, or none."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import SuiteError, UsageError
from runner.files.locks import locked_directory
from runner.files.names import fitting_name
from runner.files.whole_writes import unfinished_directory
from runner.importing.imported_run import ImportedRun
from runner.importing.run_files import to_files

_DIGITS = 8


@dataclass(frozen=True)
class Written:
    """What an import wrote.

    Attributes:
        directory: the folder of the runs, ``runs/SOURCE``.
        new: the runs that were not there before.
        kept: how many were there already, the same.
    """

    directory: Path
    new: tuple[ImportedRun, ...]
    kept: int


def write_runs(runs: Iterable[ImportedRun], directory: Path) -> Written:
    """Write a folder for each run below a directory that may have others.

    Raises:
        SuiteError: two runs have one name, or one is there already with other content.
        UsageError: the directory can't be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (
            locked_directory(directory),
            unfinished_directory(directory / "import") as unfinished,
        ):
            return _put(_write_aside(runs, unfinished), unfinished, directory)
    except OSError as error:
        raise UsageError(f"{directory}: the runs can't be written ({error}).") from error


def _write_aside(runs: Iterable[ImportedRun], unfinished: Path) -> dict[str, ImportedRun]:
    """Write each run into a folder that is not yet in its place; return them by its name."""
    written: dict[str, ImportedRun] = {}
    for run in runs:
        name = directory_name(run.name)
        other = written.setdefault(name, run)
        if other is not run:
            raise SuiteError(
                f"{run.place}: it has the same task, model and settings as {other.place} "
                f"({run.name}). Import one of the two: name its file, or move the other away."
            )
        (unfinished / name).mkdir()
        for file_name, document in to_files(run).items():
            (unfinished / name / file_name).write_bytes(_to_bytes(document))
    return written


def _put(written: Mapping[str, ImportedRun], unfinished: Path, directory: Path) -> Written:
    """Move the runs into their places, unless one there is another."""
    new = []
    for name, run in written.items():
        place = directory / name
        if not place.exists():
            new.append(name)
        elif _contents(place) != _contents(unfinished / name):
            raise SuiteError(
                f"{place}: there is such a run already, with other content. Remove it, or give "
                f"another -o, and import {run.place} again."
            )
    for name in new:
        (unfinished / name).rename(directory / name)
    return Written(directory, tuple(written[name] for name in new), len(written) - len(new))


def directory_name(run_name: str) -> str:
    """Return the folder's name, as HELM makes it of a run's: one part of a path, never ``..``."""
    name = run_name.replace("/", "_")
    if not name.isascii():
        digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
        name = name.encode("ascii", "replace").decode().replace("?", "_") + f"-{digest}"
    return fitting_name(name)


def _contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def _to_bytes(document: Any) -> bytes:
    return json.dumps(document, indent=2).encode() + b"\n"
