"""HELM's public results: which there are, and copies of them in a benchmark_output.

The bucket's layout is PROJECT/benchmark_output/runs/VERSION/RUN/FILE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from runner.errors import SuiteError, UsageError
from runner.files.locks import locked_directory
from runner.files.remote_folders import RemoteFile, RemoteFolder
from runner.files.whole_writes import unfinished_directory
from runner.helm_outputs.runs import RUN_FILES, RUN_SPEC
from runner.importing.run_files import SCENARIO
from runner.progress import SILENT, Progress
from runner.untrusted import printable

FILES = (*RUN_FILES, SCENARIO)


@dataclass(frozen=True)
class Fetched:
    """What was fetched: the folder of the runs, the new ones, and how many were there already."""

    directory: Path
    new: tuple[str, ...]
    kept: int
    bytes: int


def list_projects(source: RemoteFolder) -> list[str]:
    """Return the projects, e.g. ``lite``."""
    return source.folders()


def list_versions(source: RemoteFolder, project: str) -> list[str]:
    """Return the versions of a project, e.g. ``v1.0.0``."""
    return source.folders(_runs(_checked(project)))


def list_runs(source: RemoteFolder, project: str, version: str, pattern: str = "*") -> list[str]:
    """Return the names of a version's runs that match a pattern of ``*`` and ``?``."""
    literal = pattern.replace("[", "[[]")
    return [
        name
        for name in source.folders(f"{_runs(_checked(project))}/{_checked(version)}")
        if (":" in name or "=" in name) and fnmatchcase(name, literal)
    ]


def fetch_runs(
    source: RemoteFolder,
    project: str,
    version: str,
    pattern: str,
    output: Path,
    progress: Progress = SILENT,
) -> Fetched:
    """Copy the runs that match a pattern to ``runs/VERSION`` of a benchmark_output.

    Each run appears whole. One that is there already is kept if it is as the store lists it, so
    that the same call continues where it was interrupted.

    Raises:
        UsageError: no run matches, the store can't be read, or the output can't be written.
        SuiteError: a run is there with other content, or what came is not what the store lists.
    """
    names = list_runs(source, project, version, pattern)
    if not names:
        raise UsageError(
            f"{source.url}: {project} {version} has no run {pattern!r:.200}. Without --runs the "
            "runs are listed."
        )
    directory = output / "runs" / version
    new, kept, size = [], 0, 0
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (
            locked_directory(directory),
            progress.task(f"fetching runs of {project} {version}", len(names)) as task,
        ):
            for name in names:
                files = _listed(source, f"{_runs(project)}/{version}/{name}", progress)
                if files and _is_there(directory / name, files):
                    kept += 1
                elif files:
                    _fetch(source, files, directory / name)
                    new.append(name)
                    size += sum(file.size for file in files.values())
                task.advance()
    except OSError as error:
        raise UsageError(f"{directory}: the runs can't be written ({error}).") from error
    return Fetched(directory, tuple(new), kept, size)


def _checked(name: str) -> str:
    """Return the name of a project or a version: one part of a path.

    Raises:
        UsageError: it is a path, or none.
    """
    if name in ("", ".", "..") or "/" in name:
        raise UsageError(f"{name!r:.80}: this is no name of a project or a version, e.g. lite.")
    return name


def _runs(project: str) -> str:
    return f"{project}/benchmark_output/runs"


def _listed(source: RemoteFolder, path: str, progress: Progress) -> dict[str, RemoteFile]:
    """Return the files of a run that HELM wrote; none if it is no run."""
    listed = source.files(path)
    files = {name: listed[name] for name in FILES if name in listed}
    missing = [name for name in RUN_FILES if name not in files]
    if RUN_SPEC in missing:
        progress.say(f"warning: {printable(path)}: left out, as it has no {RUN_SPEC}")
        return {}
    if missing:
        progress.say(f"warning: {printable(path)}: has no {', '.join(missing)}")
    return files


def _is_there(place: Path, files: dict[str, RemoteFile]) -> bool:
    """Return whether a run is there already, the same.

    Raises:
        SuiteError: there is another.
    """
    if not place.exists():
        return False
    others: Sequence[str] = [name for name, file in files.items() if not file.is_at(place / name)]
    if others:
        raise SuiteError(
            f"{place / others[0]}: it is not the file that the store lists. Remove the run to "
            "fetch it again, or give another -o."
        )
    return True


def _fetch(source: RemoteFolder, files: dict[str, RemoteFile], place: Path) -> None:
    with unfinished_directory(place) as unfinished:
        source.copy({unfinished / name: file for name, file in files.items()})
        unfinished.rename(place)
