"""Imported runs on disk: all of them, each whole, or none."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
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


def write_runs(runs: Mapping[Path, Sequence[ImportedRun]]) -> list[Written]:
    """Write a folder for each run below its directory, which may have others; all runs or none.

    Raises:
        SuiteError: two runs have one name, or one is there already with other content.
        UsageError: a directory can't be written.
    """
    try:
        with ExitStack() as stack:
            batches = [_prepare(of_one, place, stack) for place, of_one in runs.items()]
            for batch in batches:
                for name in batch.new:
                    (batch.unfinished / name).rename(batch.directory / name)
    except OSError as error:
        raise UsageError(
            f"{', '.join(map(str, runs))}: the runs can't be written ({error})."
        ) from error
    return [
        Written(
            batch.directory,
            tuple(batch.runs[name] for name in batch.new),
            len(batch.runs) - len(batch.new),
        )
        for batch in batches
    ]


@dataclass(frozen=True)
class _Batch:
    """The runs for one directory, written beside their places.

    Attributes:
        runs: by the names of their folders.
        new: the folders that are not there yet.
    """

    directory: Path
    unfinished: Path
    runs: Mapping[str, ImportedRun]
    new: Sequence[str]


def _prepare(runs: Iterable[ImportedRun], directory: Path, stack: ExitStack) -> _Batch:
    """Write runs beside their places; no other import writes there before the stack is closed."""
    directory.mkdir(parents=True, exist_ok=True)
    stack.enter_context(locked_directory(directory))
    unfinished = stack.enter_context(unfinished_directory(directory / "import"))
    written = _write_aside(runs, unfinished)
    return _Batch(directory, unfinished, written, _find_new(written, unfinished, directory))


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


def _find_new(written: Mapping[str, ImportedRun], unfinished: Path, directory: Path) -> list[str]:
    """Return the folders that are not there yet; what is there must be the same."""
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
    return new


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
