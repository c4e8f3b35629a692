"""Contenders of many reports, and their place in the user's cache.

To read a report and to score it without each of its clusters takes far longer than to read what is
kept of it. What is not kept yet is found on all cores if that is faster.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from runner.code_version import scoring_versions
from runner.errors import RunnerError
from runner.files.bug_log import attempt
from runner.files.scratch import scratch_directory
from runner.files.user_directories import kept_by_this_code
from runner.files.whole_writes import whole_file
from runner.leaderboard.contenders import Contender, make_contender
from runner.processes import count_cores, map_in_processes
from runner.progress import SILENT, Progress
from runner.reports.found_reports import Content, FoundReports, read_paths, read_with
from runner.reports.scored_report import parse_scored

KEPT = "leaderboard"
"""The folder of the cache that contenders are kept in."""

LEAST_BYTES = 2**25
"""Of reports. Less is scored before other processes have begun."""

Found = tuple[Path, Contender | RunnerError]
Unknown = tuple[Path, bytes, str]
"""The path of a report.json, what is in it, and its digest."""


def read_contenders(directory: Path, progress: Progress = SILENT) -> FoundReports[Contender]:
    """Return what a leaderboard needs of every report below a directory, of whatever suite.

    What is found is kept for the next time, by the digest of the report.json.

    Raises:
        UsageError: there is none.
        RunnerError: none can be read.
    """
    kept = kept_by_this_code(KEPT, scoring_versions())
    return read_with(directory, partial(_find_all, kept), progress)


def read_some_contenders(paths: Sequence[Path]) -> FoundReports[Contender]:
    """Return the same of these report.json alone; the faults are in the order of their paths."""
    kept = kept_by_this_code(KEPT, scoring_versions())
    return read_paths(paths, partial(_find_all, kept))


def _find_all(kept: Path | None, contents: Iterable[Content]) -> Iterator[Found]:
    """Yield the contenders that are kept, and make the others."""
    known: deque[Found] = deque()

    def unknown() -> Iterator[Unknown]:
        for path, content in contents:
            digest = _digest(content)
            found = None if kept is None else _find(kept, digest)
            if found is None:
                yield path, content, digest
            else:
                known.append((path, found))
            del content  # the next report takes its place in memory

    for made in _make_all(kept, unknown()):
        while known:
            yield known.popleft()
        yield made
    yield from known


def _make_all(kept: Path | None, contents: Iterator[Unknown]) -> Iterator[Found]:
    """Make contenders in this process, or in one on each core if there is much to do."""
    first: list[Unknown] = []
    size = 0
    for each in contents:
        first.append(each)
        size += len(each[1])
        if size >= LEAST_BYTES and count_cores() > 1:
            break
    make = partial(_make, kept)
    if size < LEAST_BYTES or count_cores() == 1:
        yield from map(make, first)
        return
    with scratch_directory() as scratch:
        every = chain(first, contents)
        with closing(map_in_processes(make, every, count_cores(), scratch)) as made:
            yield from made


def _make(kept: Path | None, given: Unknown) -> Found:
    path, content, digest = given
    made = attempt(lambda: make_contender(parse_scored(path, content)))
    if kept is not None and isinstance(made, Contender) and made.fault is None:
        _keep(kept, digest, made)
    return path, made


def _find(kept: Path, digest: str) -> Contender | None:
    """Return what is kept of the report with a digest; None if it is not whole, or of another."""
    try:
        checksum, _, text = (kept / digest).read_bytes().partition(b"\n")
        if checksum.decode() != _checksum(digest, text):
            return None
        return Contender.model_validate_json(text)
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def _keep(kept: Path, digest: str, contender: Contender) -> None:
    text = contender.model_dump_json().encode()
    place = kept / digest
    with suppress(OSError), whole_file(place, is_durable=False, is_private=True) as file:
        file.write(f"{_checksum(digest, text)}\n".encode() + text)


def _checksum(digest: str, text: bytes) -> str:
    return _digest(digest.encode() + text)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
