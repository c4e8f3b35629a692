"""Contenders of many reports, and their place in the user's cache.

To read a report and to score it without each of its clusters takes far longer than to read what is
kept of it. What is not kept yet is found on all cores if that is faster.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path

from runner.errors import RunnerError
from runner.files.bug_log import attempt
from runner.files.file_stamps import stamp_of
from runner.files.scratch import scratch_directory
from runner.leaderboard.contender_cache import ContenderCache, digest_of
from runner.leaderboard.contenders import Contender
from runner.leaderboard.reduced_reports import make_contender
from runner.processes import count_cores, map_in_processes
from runner.progress import SILENT, Progress
from runner.reports.found_reports import FoundReports, ReportFile, read_paths, read_with
from runner.reports.scored_report import parse_scored

LEAST_BYTES = 2**25
"""Of reports. Less is scored before other processes have begun."""

Found = tuple[Path, Contender | RunnerError]


def read_contenders(directory: Path, progress: Progress = SILENT) -> FoundReports[Contender]:
    """Return what a leaderboard needs of every report below a directory, of whatever suite.

    What is found is kept for the next time; see ``ContenderCache``.

    Raises:
        UsageError: there is none.
        RunnerError: none can be read.
    """
    return read_with(directory, partial(_find_all, ContenderCache.of_this_code()), progress)


def read_some_contenders(paths: Sequence[Path]) -> FoundReports[Contender]:
    """Return the same of these report.json alone; the faults are in the order of their paths."""
    return read_paths(paths, partial(_find_all, ContenderCache.of_this_code()))


def _find_all(cache: ContenderCache, files: Iterable[ReportFile]) -> Iterator[Found]:
    """Yield the contenders whose files have not changed, and read the others."""
    known: deque[Found] = deque()

    def changed() -> Iterator[ReportFile]:
        for file in files:
            found = cache.recall(file.path)
            if found is None:
                yield file
            else:
                known.append((file.path, found))

    for read in _read_all(cache, changed()):
        while known:
            yield known.popleft()
        yield read
    yield from known


def _read_all(cache: ContenderCache, files: Iterator[ReportFile]) -> Iterator[Found]:
    """Read reports in this process, or in one on each core if there is much to do."""
    first: list[ReportFile] = []
    size = 0
    for each in files:
        first.append(each)
        size += each.size()
        if size >= LEAST_BYTES and count_cores() > 1:
            break
    read = partial(_read, cache)
    if size < LEAST_BYTES or count_cores() == 1:
        yield from map(read, first)
        return
    with scratch_directory() as scratch:
        every = chain(first, files)
        with closing(map_in_processes(read, every, count_cores(), scratch)) as found:
            yield from found


def _read(cache: ContenderCache, file: ReportFile) -> Found:
    return file.path, attempt(partial(_find, cache, file))


def _find(cache: ContenderCache, file: ReportFile) -> Contender:
    """Return the contender that is kept of a report's content, or make it.

    Raises:
        RunnerError: it can't be read.
    """
    stamp = stamp_of(file.path)  # before it is read: what is written meanwhile gets another one
    content = file.read()
    digest = digest_of(content)
    found = cache.find(digest)
    if found is None:
        found = make_contender(parse_scored(file.path, content))
        if found.fault is not None:
            return found
        cache.keep(digest, found)
    cache.note(stamp, digest)
    return found
