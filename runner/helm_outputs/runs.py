"""Where HELM runs lie on disk: directories that hold what helm-run writes."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import SuiteError
from runner.files.given_paths import real_path
from runner.helm_outputs.documents import UNREADABLE, read_file
from runner.helm_outputs.json_text import parse

RUN_SPEC = "run_spec.json"
SCENARIO_STATE = "scenario_state.json"
STATS = "stats.json"
PER_INSTANCE_STATS = "per_instance_stats.json"

RUN_FILES = (RUN_SPEC, SCENARIO_STATE, STATS, PER_INSTANCE_STATS)

PACKED = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".7z")

DEEPEST_RUN = 4
"""Levels from a folder that holds ``benchmark_output/runs/SUITE/RUN`` down to the run."""


MOST_BYTES_OF_NOTHING = 16
"""A file such as ``[]``, which has no result; a cache may keep it once for many runs."""


@dataclass(frozen=True)
class RunDirectory:
    """A run on disk.

    Attributes:
        path: where it is.
        name: its ``run_spec.name``, which may differ from the directory's name.
        files: those of RUN_FILES that it has. ``run_spec.json`` is always one.
    """

    path: Path
    name: str
    files: tuple[str, ...] = RUN_FILES


@dataclass(frozen=True)
class FoundRuns:
    """Runs, and what an organizer should know of them: who lacks what, and who was left out."""

    runs: tuple[RunDirectory, ...]
    warnings: tuple[str, ...]


def find_runs(source: str | Path) -> list[RunDirectory]:
    """Return the runs below a source, ordered by path as MAGNET orders them.

    Args:
        source: a ``benchmark_output`` root or its parent, its ``runs``, one suite of it, one run,
            or a glob of any of these.

    Raises:
        SuiteError: nothing there, no run in it, two runs of one name, or a run lacks a file.
    """
    directories = _find_directories(source)
    lacking = [(path, name) for path, files in directories for name in _missing(files)]
    if lacking:
        path, name = lacking[0]
        raise SuiteError(
            f"{path / name}: no such file ({len(lacking)} missing in all). A run needs "
            f"{', '.join(RUN_FILES)}: run HELM again, or leave such runs out with a glob."
        )
    return _name_runs(directories)


def find_partial_runs(source: str | Path) -> FoundRuns:
    """Return the runs below a source, also those that lack files other than ``run_spec.json``.

    Args:
        source: as ``find_runs`` takes it.

    Raises:
        SuiteError: nothing there, no run in it, or two runs of one name.
    """
    directories = _find_directories(source)
    warnings = []
    for path, files in directories:
        missing = ", ".join(_missing(files))
        if RUN_SPEC not in files:
            warnings.append(
                f"{path}: left out, as it has no {RUN_SPEC}, which names the run (it has "
                f"{', '.join(files)})"
            )
        elif missing:
            warnings.append(f"{path}: has no {missing}; the run is used for what it has")
    named = [(path, files) for path, files in directories if RUN_SPEC in files]
    if not named:
        raise SuiteError(f"{source}: no run there has a {RUN_SPEC}, e.g. {directories[0][0]}")
    return FoundRuns(tuple(_name_runs(named)), tuple(warnings))


_Directory = tuple[Path, tuple[str, ...]]
"""A directory that looks like a run, and those of RUN_FILES that it has."""


def _find_directories(source: str | Path) -> list[_Directory]:
    roots = _expand(Path(source))
    if not roots:
        raise SuiteError(
            f"{source}: no such file or directory, and no match as a glob. One of HELM's own "
            "suites is named together with --root-dir."
        )
    seen: set[Path] = set()
    directories = [found for root in roots for found in _walk(root, DEEPEST_RUN, seen)]
    if not directories:
        raise SuiteError(
            f"{source}: holds no HELM run (a directory with a {RUN_SPEC}). Name a benchmark_output "
            "directory, its runs, a suite of it, one run, or a glob of runs."
        )
    return directories


def _expand(source: Path) -> list[Path]:
    """Return what a path or glob names. What exists as it is written is no pattern: ``exp[1]``."""
    literal = next(path for path in (source, *source.parents) if path.exists())
    if literal == source:
        return [source]
    pattern = str(source.relative_to(literal))
    return sorted(literal / found for found in glob.glob(pattern, root_dir=literal))


def _walk(root: Path, depth: int, seen: set[Path]) -> Iterator[_Directory]:
    """Yield the directories from ``root`` down that hold any file of a run.

    Links are followed, as MAGNET follows them, but each directory is entered once.

    Args:
        seen: the directories that were entered.
    """
    try:
        real = real_path(root)
        if real in seen or not root.is_dir():
            return
        with os.scandir(root) as entries:
            children = sorted(entries, key=lambda entry: entry.path)
    except OSError as error:
        raise SuiteError(f"{root}: {error.strerror}") from error
    seen.add(real)
    names = {entry.name for entry in children}
    files = tuple(name for name in RUN_FILES if name in names)
    _refuse_compressed(root, names)
    if files:
        _refuse_no_files(root, files)
        yield root, files
    elif depth > 0:
        for entry in children:
            if _may_hold_runs(entry):
                yield from _walk(Path(entry.path), depth - 1, seen)


def _may_hold_runs(entry: os.DirEntry[str]) -> bool:
    """Return whether a directory's child is one to enter.

    Raises:
        SuiteError: by its name it is a run, but a packed one, or a link to nowhere.
    """
    # Older HELM has a link runs/latest, which names every run of a suite twice.
    if entry.is_symlink() and entry.name == "latest":
        return False
    path = Path(entry.path)
    if path.is_dir():
        return True
    looks_like_run = ":" in entry.name or "=" in entry.name
    if looks_like_run and entry.is_symlink() and not path.exists():
        raise SuiteError(f"{path}: a link to nowhere ({path.readlink()}), where a run should be")
    if looks_like_run and entry.name.endswith(PACKED):
        raise SuiteError(f"{path}: a packed run is not read; unpack it first.")
    return False


def _refuse_no_files(directory: Path, names: Iterable[str]) -> None:
    """Refuse what stands in a file's place and is none: reading a pipe would wait for ever."""
    for name in names:
        path = directory / name
        if path.is_file():
            continue
        what = "a folder" if path.is_dir() else "no file, e.g. a pipe or a device"
        if not path.exists():
            what = f"a link to nowhere ({path.readlink()})"
        raise SuiteError(f"{path}: {what}, where a file of HELM's should be")


def _refuse_compressed(directory: Path, names: set[str]) -> None:
    for name in RUN_FILES:
        for packed in (f"{name}.gz", f"{name}.zst"):
            if packed in names and name not in names:
                raise SuiteError(
                    f"{directory / packed}: compressed files are not read; unpack it first."
                )


def _missing(files: Sequence[str]) -> list[str]:
    return [name for name in RUN_FILES if name not in files]


def _name_runs(directories: Sequence[_Directory]) -> list[RunDirectory]:
    """Return the runs, once each, under their names."""
    runs: dict[str, RunDirectory] = {}
    for path, files in directories:
        run = RunDirectory(path, _read_run_name(path), files)
        other = runs.setdefault(run.name, run)
        # A glob may reach a suite by its own name and by the link runs/latest.
        if other is not run and not other.path.samefile(run.path):
            raise SuiteError(
                f"{run.path}: has the same run_spec.name as {other.path}. A run may stand in a "
                "suite once: name one suite, or a glob that matches one of the two."
            )
    refuse_one_file_of_two(runs.values())
    return list(runs.values())


def refuse_one_file_of_two(runs: Iterable[RunDirectory]) -> None:
    """Refuse a file that two runs have, by a link: one would show the stats of the other.

    Whoever gives a run to a suite may know the names of others', and so link to their stats; the
    completions, by which twins are found, could be its own.

    Raises:
        SuiteError: names the file.
    """
    first: dict[tuple[int, int], Path] = {}
    for run in runs:
        for path in (run.path / name for name in run.files):
            found = path.stat()
            if found.st_size <= MOST_BYTES_OF_NOTHING:
                continue
            other = first.setdefault((found.st_dev, found.st_ino), path)
            if other is not path:
                raise SuiteError(
                    f"{path}: the same file as {other}, by a link, so that one run would show the "
                    "results of the other. Put each run's own file there, or leave one out."
                )


def _read_run_name(path: Path) -> str:
    try:
        name = parse(read_file(path / RUN_SPEC))["name"]
    except UNREADABLE as error:
        raise SuiteError(f"{path / RUN_SPEC}: not a HELM run spec ({error!r})") from error
    if not isinstance(name, str) or not name:
        raise SuiteError(f"{path / RUN_SPEC}: name must be a text, not {name!r}")
    return name
