"""The reports below a directory, on a disk or at a URL."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from runner.errors import RunnerError, UsageError
from runner.files.bug_log import attempt
from runner.files.stores import files_below, is_remote, read_files
from runner.progress import SILENT, Progress, say_first
from runner.reports.receipt import RECEIPT
from runner.reports.report import REPORT_FILE, read_content

READ_AT_ONCE = 50
"""How many reports are fetched from a URL side by side."""

DEEPEST_REPORT = 4
"""Levels below the leaderboard's directory in which reports are looked for."""


Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class ReportFile:
    """A report.json to read.

    Attributes:
        fetched: what is in it, if it was fetched from its URL together with others.
    """

    path: Path
    fetched: bytes | None = None

    def read(self) -> bytes:
        """Return what is in it.

        Raises:
            SuiteError: it is not there, or can't be read.
            UsageError: the store of its URL can't be reached.
        """
        return read_content(self.path.parent) if self.fetched is None else self.fetched

    def size(self) -> int:
        """Return how many bytes it has, 0 if that can't be told before it is read."""
        if self.fetched is not None:
            return len(self.fetched)
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


ParseAll = Callable[[Iterable[ReportFile]], Iterator[tuple[Path, Parsed | RunnerError]]]
"""Yields, in any order, the path of each, and what is made of it or why that failed."""


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

    One that can't be read is left out; the first of them are told.

    Args:
        parse: is given the path and the content of a report.json; ``parse_report`` for all of it.

    Raises:
        UsageError: there is none.
        RunnerError: none can be read.
    """
    return read_with(directory, partial(_parse_each, parse), progress)


def _parse_each(
    parse: Callable[[Path, bytes], Parsed], files: Iterable[ReportFile]
) -> Iterator[tuple[Path, Parsed | RunnerError]]:
    def read(file: ReportFile) -> Parsed:
        return parse(file.path, file.read())

    for file in files:
        yield file.path, attempt(partial(read, file))


def read_with(
    directory: Path, parse_all: ParseAll[Parsed], progress: Progress = SILENT
) -> FoundReports[Parsed]:
    """Do what ``read_reports`` does, by a function that may work on many reports at a time."""
    paths = [found / REPORT_FILE for found in find_reports(directory)]
    if not paths:
        raise UsageError(
            f"{directory}: no report in it. "
            f"`runner evaluate IMAGE --suite SUITE --out {directory}` writes one."
        )
    found = read_paths(paths, parse_all, progress)
    # One that is raised is told by whoever takes it.
    told = found.faults if found.reports else found.faults[1:]
    say_first(progress.say, [f"left out: {fault}" for fault in told], "reports are left out")
    if not found.reports:
        raise found.faults[0]
    return found


def read_paths(
    paths: Sequence[Path], parse_all: ParseAll[Parsed], progress: Progress = SILENT
) -> FoundReports[Parsed]:
    """Return what is made of each report.json; the faults, untold, are in their paths' order."""
    made: dict[Path, Parsed | RunnerError] = {}
    with progress.task("reading reports", len(paths)) as task:
        for path, report in parse_all(_files(paths)):
            made[path] = report
            task.advance()
    found: dict[Path, Parsed] = {}
    faults = []
    for path in paths:
        report = made[path]
        if isinstance(report, RunnerError):
            faults.append(report)
        else:
            found[path.parent] = report
    return FoundReports(found, tuple(faults))


def _files(paths: Sequence[Path]) -> Iterator[ReportFile]:
    """Yield the files; at a URL many are fetched at once."""
    for start in range(0, len(paths), READ_AT_ONCE):
        some = paths[start : start + READ_AT_ONCE]
        contents = _fetch(some) if is_remote(some[0]) else {}
        for path in some:
            yield ReportFile(path, contents.pop(path, None))


def _fetch(paths: Sequence[Path]) -> dict[Path, bytes]:
    try:
        return read_files(paths)
    except FileNotFoundError:  # one was removed after it was listed: read alone, each says so
        return {}


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
        # Where a link leads is not asked: that may be a place which is closed to this user.
        found = [path for path in sorted(directory.iterdir()) if not path.is_symlink()]
        below = [path for path in found if path.is_dir()]
    except OSError:
        return [directory]
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
