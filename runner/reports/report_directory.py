"""The directory of one report: written whole or not at all, and found again."""

import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from runner.errors import RunnerError, SuiteError, UsageError
from runner.files.bug_log import attempt
from runner.files.names import fitting_name, safe_name
from runner.files.stores import (
    files_below,
    is_remote,
    reaching,
    read_file,
    read_files,
    write_files,
)
from runner.files.whole_writes import put_in_place, unfinished_directory
from runner.progress import SILENT, Progress
from runner.reports.receipt import RECEIPT, check_receipt, make_receipt
from runner.reports.records import record_files, report_records
from runner.reports.report import REPORT_FILE, Evaluation, Report, read_content, read_report


def find_report(directory: Path, evaluation_key: str) -> Report | None:
    """Return the report in a directory, or None if it has to be made.

    Args:
        evaluation_key: the wanted report's key. A report with another key is not returned, nor one
            with a changed byte.
    """
    report = _intact_report(directory)
    return report if report is not None and report.evaluation_key == evaluation_key else None


def check_writable(directory: Path) -> None:
    """Refuse, before anything has run, a place where a report could not be written.

    Raises:
        UsageError: it is something else than a report, or can't be written.
    """
    if is_remote(directory):
        return  # what is there is a report, perhaps half of one; check_store has tried to write
    try:
        places = (directory, *directory.absolute().parents)
        nearest = next(path for path in places if path.exists())
    except OSError as error:
        raise UsageError(
            f"{directory}: reports can't be written there ({error.strerror}). Name another place "
            "with --out."
        ) from error
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise UsageError(
            f"{directory}: reports can't be written, because {nearest} is not a directory that can "
            "be written to. Name another place with --out."
        )
    if directory.exists() and not any((directory / n).is_file() for n in (REPORT_FILE, RECEIPT)):
        raise UsageError(f"{directory}: exists and is no report; name another place with --out.")


def write_evaluation(evaluation: Evaluation, directory: Path) -> Path | None:
    """Write the report and its files, whole or not at all; return where an earlier one is kept.

    At a URL each file is written whole or not at all, the receipt last: without it the report is
    made again.

    A report of the same evaluation that is there already is replaced. One of another evaluation
    (another image under the same name, another version of the suite) is kept beside it, its time
    added to its name. One that can't be read, or has a changed byte, is kept too, but hidden: no
    leaderboard counts it.

    Raises:
        UsageError: the directory can't be written, or holds something else.
    """
    if is_remote(directory):
        return _write_remotely(evaluation, directory)
    try:
        with unfinished_directory(directory, is_private=True) as unfinished:
            write_files(_files_at(unfinished, evaluation))
            return _put_in_place(unfinished, directory, evaluation.report)
    except OSError as error:
        raise UsageError(
            f"{directory}: the report can't be written ({error.strerror}). Free space or name "
            "another place with --out; an earlier report there is untouched."
        ) from error


def _files_at(directory: Path, evaluation: Evaluation) -> dict[Path, bytes]:
    """Return all files of the report by their places in a directory, the receipt last."""
    text = evaluation.report.model_dump_json(indent=2) + "\n"
    records = record_files(report_records(evaluation.report))
    files = {**evaluation.files, **records, REPORT_FILE: text.encode()}
    files[RECEIPT] = make_receipt(files)
    return {directory / name: content for name, content in files.items()}


def _write_remotely(evaluation: Evaluation, directory: Path) -> Path | None:
    earlier_files = files_below(directory)
    kept = _copy_aside(directory, earlier_files, evaluation.report) if earlier_files else None
    files = _files_at(directory, evaluation)
    for _ in range(MOST_WRITES):
        with reaching(directory):
            (directory / RECEIPT).unlink(missing_ok=True)
            for path in earlier_files:
                if path not in files and path.name != RECEIPT:
                    path.unlink(missing_ok=True)
        write_files(files)
        # Another runner may have written the same report meanwhile: whoever is last sees a mixture.
        if not check_receipt(directory):
            return kept
        earlier_files = files_below(directory)
    raise UsageError(
        f"{directory}: other runners write the same report at the same time. Run the same command "
        "again when they have ended, or name another place with --out."
    )


def _copy_aside(directory: Path, files: Sequence[Path], report: Report) -> Path | None:
    """Keep a copy of what is there, except a report of the same evaluation; return where."""
    earlier = _intact_report(directory)
    if earlier is not None and earlier.run_identity == report.run_identity:
        return None
    with reaching(directory):
        aside = _aside(directory, earlier)
    write_files({aside / each.relative_to(directory).as_posix(): read_file(each) for each in files})
    return aside


def _aside(directory: Path, earlier: Report | None) -> Path:
    name = f".{directory.name}.changed"
    if earlier is not None:
        name = f"{directory.name}{_kept_suffix(earlier)}"
    return _free_name(directory.with_name(name))


def _put_in_place(unfinished: Path, directory: Path, report: Report) -> Path | None:
    """Move a report into place; return where the earlier one is kept, if it is of another run."""
    if not directory.exists():
        put_in_place(unfinished, directory)
        return None
    check_writable(directory)
    earlier = _intact_report(directory)
    is_same = earlier is not None and earlier.run_identity == report.run_identity
    aside = None if is_same else _aside(directory, earlier)
    put_in_place(unfinished, directory, aside)
    return aside


def _intact_report(directory: Path) -> Report | None:
    """Return the report in a directory, or None if it can't be read or a byte has changed."""
    try:
        report = read_report(directory)
    except SuiteError:
        return None
    return None if check_receipt(directory) else report


def place_of(directory: Path, report: Report) -> Path:
    """Return where a report was written, if it has been kept beside a later one since."""
    name, _, _ = directory.name.rpartition(_kept_suffix(report))
    return directory.with_name(name) if name else directory


def _kept_suffix(report: Report) -> str:
    return f".{report.created.replace(':', '')}"


def _free_name(path: Path) -> Path:
    numbered = (path.with_name(f"{path.name}.{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], numbered) if not name.exists())


def report_directory_name(
    image_reference: str, submitter: str | None = None, asked: Sequence[str] = ()
) -> str:
    """Return the directory's name for an image: ``team/img:1`` -> ``team_img_1``.

    Args:
        submitter: who submitted it; added as ``+by-team-a``.
        asked: what was asked for besides the suite's own settings, e.g. ``seed-7``; added too.
    """
    image = safe_name(image_reference.removesuffix(":latest"), "/:@")
    by = [] if submitter is None else [f"by-{safe_name(submitter)}"]
    return fitting_name("+".join([image, *by, *map(safe_name, asked)]))


MOST_WRITES = 5
"""How often a report is written at a URL until it is whole there."""

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
