"""Where HELM runs lie on disk: directories that hold what helm-run writes."""

import glob
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import SuiteError
from runner.helm_outputs.documents import UNREADABLE

RUN_SPEC = "run_spec.json"
SCENARIO_STATE = "scenario_state.json"
STATS = "stats.json"
PER_INSTANCE_STATS = "per_instance_stats.json"

RUN_FILES = (RUN_SPEC, SCENARIO_STATE, STATS, PER_INSTANCE_STATS)

DEEPEST_RUN = 4
"""Levels from a folder that holds ``benchmark_output/runs/SUITE/RUN`` down to the run."""


@dataclass(frozen=True)
class RunDirectory:
    """A run on disk. ``name`` is ``run_spec.name``, which may differ from the directory's name."""

    path: Path
    name: str


def find_runs(source: str | Path) -> list[RunDirectory]:
    """Return the runs below a source, ordered by path as MAGNET orders them.

    Args:
        source: a ``benchmark_output`` root or its parent, its ``runs``, one suite of it, one run,
            or a glob of any of these.

    Raises:
        SuiteError: nothing there, no run in it, two runs of one name, or a run lacks a file.
    """
    roots = [Path(source)] if Path(source).exists() else sorted(map(Path, glob.glob(str(source))))
    if not roots:
        raise SuiteError(
            f"{source}: no such file or directory, and no match as a glob. One of HELM's own "
            "suites is named together with --root-dir."
        )
    paths = [path for root in roots for path in _run_paths(root, DEEPEST_RUN)]
    if not paths:
        raise SuiteError(
            f"{source}: holds no HELM run (a directory with a {RUN_SPEC}). Name a benchmark_output "
            "directory, its runs, a suite of it, one run, or a glob of runs."
        )
    _refuse_incomplete(paths)
    runs = [RunDirectory(path, _read_run_name(path)) for path in paths]
    _refuse_doubles(runs)
    return runs


def _run_paths(root: Path, depth: int) -> Iterator[Path]:
    if (root / RUN_SPEC).is_file():
        yield root
    elif depth > 0 and root.is_dir():
        with os.scandir(root) as entries:
            # Older HELM has a link runs/latest, which names every run of a suite twice.
            folders = sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
        for folder in folders:
            yield from _run_paths(Path(folder), depth - 1)


def _refuse_incomplete(paths: Sequence[Path]) -> None:
    lacking = [path / name for path in paths for name in RUN_FILES if not (path / name).is_file()]
    if lacking:
        raise SuiteError(
            f"{lacking[0]}: no such file ({len(lacking)} missing in all). A run needs "
            f"{', '.join(RUN_FILES)}: run HELM again, or leave such runs out with a glob."
        )


def _refuse_doubles(runs: Sequence[RunDirectory]) -> None:
    seen: dict[str, Path] = {}
    for run in runs:
        if run.name in seen:
            raise SuiteError(
                f"{run.path}: has the same run_spec.name as {seen[run.name]}. A run may stand in a "
                "suite once: name one suite, or a glob that matches one of the two."
            )
        seen[run.name] = run.path


def _read_run_name(path: Path) -> str:
    try:
        name = json.loads((path / RUN_SPEC).read_bytes())["name"]
    except UNREADABLE as error:
        raise SuiteError(f"{path / RUN_SPEC}: not a HELM run spec ({error!r})") from error
    if not isinstance(name, str) or not name:
        raise SuiteError(f"{path / RUN_SPEC}: name must be a text, not {name!r}")
    return name
