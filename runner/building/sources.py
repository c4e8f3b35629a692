"""The HELM runs and assets that a spec names, and the digests of their files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.errors import SuiteError
from runner.files.below import paths_below
from runner.files.given_paths import real_path
from runner.helm_outputs.origin import ORIGIN
from runner.helm_outputs.runs import (
    RunDirectory,
    find_partial_runs,
    find_runs,
    refuse_one_file_of_two,
)
from runner.progress import Progress
from runner.suites.manifest import digest_file
from runner.suites.spec import SuiteSpec
from runner.untrusted import quote


def find_sources(spec: SuiteSpec, progress: Progress) -> list[RunDirectory]:
    """Return the runs of a spec, each once.

    Raises:
        SuiteError: a run can't be read, or two have one name, or one file by a link.
    """
    found: dict[str, RunDirectory] = {}
    for run in (run for source in spec.helm_runs for run in _find(spec, source, progress)):
        other = found.setdefault(run.name, run)
        if real_path(other.path) != real_path(run.path):
            raise SuiteError(
                f"{run.path}: has the same run_spec.name as {other.path}. A run may stand in a "
                "suite once: make one of the helm_runs narrower."
            )
    refuse_one_file_of_two(found.values())  # also of two sources, of which each looked at its own
    return list(found.values())


def _find(spec: SuiteSpec, source: str, progress: Progress) -> list[RunDirectory]:
    if spec.partial_runs == "refuse":
        return find_runs(source)
    found = find_partial_runs(source)
    for warning in found.warnings:
        progress.say(f"warning: {warning}")
    return list(found.runs)


def digest_sources(
    spec: SuiteSpec, runs: Mapping[str, RunDirectory], progress: Progress
) -> dict[str, dict[str, str]]:
    """Return the digest of each file of each run.

    Raises:
        SuiteError: a file can't be read.
    """
    digests = {}
    with progress.task(f"{spec.name}: digests of runs", len(runs)) as task:
        for name, run in runs.items():
            files = [*run.files, *([ORIGIN] if (run.path / ORIGIN).exists() else [])]
            digests[name] = {file: _digest_source(run.path / file) for file in sorted(files)}
            task.advance()
    return digests


def _digest_source(path: Path) -> str:
    try:
        return digest_file(path)
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}") from error


def spec_json(spec: SuiteSpec) -> dict[str, Any]:
    """Return the spec without the organizer's paths, so that the same files make the same suite."""
    choices = spec.model_dump(mode="json", exclude={"helm_runs", "assets"})
    assets = {name: digest_file(path) for name, path in asset_paths(spec).items()}
    return {**choices, "asset_digests": assets}


def asset_paths(spec: SuiteSpec) -> dict[str, Path]:
    """Return the suite's assets by their path below the assets directory.

    Raises:
        SuiteError: the directory has no files, or something in it is none, e.g. a link to a folder,
            or has a name that is no text.
        PermissionError: a folder in it is closed to this user.
    """
    if spec.assets is None:
        return {}
    root = Path(spec.assets)
    paths = {}
    for path in sorted(paths_below(root, pass_over_closed=False)):
        name = path.relative_to(root).as_posix()
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise SuiteError(f"{quote(str(path))}: its name is no text. Rename it.") from error
        if path.is_file():
            paths[name] = path
        elif path.is_symlink() or not path.is_dir():
            raise SuiteError(
                f"{path}: neither a file nor a folder, nor a link to a file, so it would be "
                "missing among the assets. Put the file or folder itself there."
            )
    if not paths:
        raise SuiteError(f"{root}: assets should be a directory with files in it")
    return paths
