"""Tells when the reports below a directory change."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from runner.files.stores import reaching
from runner.reports.report import REPORT_FILE
from runner.reports.report_directory import find_reports

LOOK_SECONDS = 2.0


def report_changes(directory: Path, others: Sequence[Path] = ()) -> Iterator[None]:
    """Yield once at the start, and then whenever a report, or one of the other files, has changed.

    Looks every ``LOOK_SECONDS``, so that it serves file systems that tell of nothing as well.
    """
    before = None
    while True:
        files = [path / REPORT_FILE for path in find_reports(directory)]
        now = {path: _state(path) for path in (*files, *others)}
        if now != before:
            before = now
            yield
        time.sleep(LOOK_SECONDS)


def _state(path: Path) -> tuple[int, int] | None:
    try:
        with reaching(path):
            status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
