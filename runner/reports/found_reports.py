"""The reports below a directory, on a disk or at a URL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from runner.errors import RunnerError, UsageError
from runner.files.bug_log import attempt
from runner.files.stores import files_below, is_remote, read_files
from runner.progress import SILENT, Progress
from runner.reports.receipt import RECEIPT
from runner.reports.report import REPORT_FILE, read_content

READ_AT_ONCE = 50
"""How many reports are fetched from a URL side by side."""

DEEPEST_REPORT = 4
"""Levels below the leaderboard's directory in which reports are looked for."""


Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class FoundReports(Generic[Parsed]):
    """The reports below a directory, or what was made of them.

    Attributes:
        reports: by the directory that holds each.
        faults: why others are left out, one for each.
    """

    reports: Mapping[Path, Parsed]
    faults: tuple[RunnerError, ...] = ()


def read_reports(
    directory: Path, parse: Callable[[Path, bytes], Parsed], progress: Progress = SILENT
) -> FoundReports[Parsed]:
    """Return what is made of every report below a directory, of whatever suite.

    One that can't be read is told, and left out.

    Args:
        parse: is given the path and the content of a report.json; ``parse_report`` for all of it.

    Raises:
        UsageError: there is none.
        RunnerError: none can be read.
    """
    paths = find_reports(directory)
    found: dict[Path, Parsed] = {}
    faults = []
    with progress.task("reading reports", len(paths)) as task:
        for start in range(0, len(paths), READ_AT_ONCE):
            some = paths[start : start + READ_AT_ONCE]
            for path, report in _read_some(some, parse).items():
                if isinstance(report, RunnerError):
                    progress.say(f"left out: {report}")
                    faults.append(report)
                else:
                    found[path] = report
                task.advance()
    if not paths:
        raise UsageError(
            f"{directory}: no report in it. "
            f"`runner evaluate IMAGE --suite SUITE --out {directory}` writes one."
        )
    if not found:
        raise faults[0]
    return FoundReports(found, tuple(faults))


def _read_some(
    directories: Sequence[Path], parse: Callable[[Path, bytes], Parsed]
) -> dict[Path, Parsed | RunnerError]:
    """Return reports, or why one can't be read; at a URL they are fetched side by side."""
    if not is_remote(directories[0]):
        return _read_each(directories, parse)
    try:
        contents = read_files([directory / REPORT_FILE for directory in directories])
    except FileNotFoundError:  # one was removed after it was listed: say which
        return _read_each(directories, parse)
    return {
        path.parent: attempt(partial(parse, path, content)) for path, content in contents.items()
    }


def _read_each(
    directories: Iterable[Path], parse: Callable[[Path, bytes], Parsed]
) -> dict[Path, Parsed | RunnerError]:
    def read(directory: Path) -> Parsed:
        return parse(directory / REPORT_FILE, read_content(directory))

    return {directory: attempt(partial(read, directory)) for directory in directories}


def find_reports(directory: Path, depth: int = DEEPEST_REPORT) -> list[Path]:
    """Return the directories at or below one that hold a report, hidden ones left out.

    One that may not be read is among them: reading its report says why.

    Raises:
        UsageError: the store of its URL can't be reached.
    """
    if is_remote(directory):
        return _find_remote_reports(directory, depth)
    try:
        if (directory / REPORT_FILE).is_file():
            return [directory]
        if depth == 0 or not directory.is_dir():
            return []
        found = sorted(directory.iterdir())
    except OSError:
        return [directory]
    below = [path for path in found if path.is_dir() and not path.is_symlink()]
    shown = [path for path in below if not path.name.startswith(".")]
    return [found for path in shown for found in find_reports(path, depth - 1)]


def _find_remote_reports(directory: Path, depth: int) -> list[Path]:
    """Do the same at a URL by one listing: looking into each directory would take too long.

    A report without its receipt is half of one: a runner is writing it, or was interrupted.
    """
    found = []
    files = set(files_below(directory))
    for path in files:
        *folders, name = path.relative_to(directory).parts
        is_shown = not any(folder.startswith(".") for folder in folders)
        is_whole = path.with_name(RECEIPT) in files
        if name == REPORT_FILE and len(folders) <= depth and is_shown and is_whole:
            found.append(path.parent)
    return sorted(found, key=str)
