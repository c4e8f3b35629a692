"""The demo suite, built once for each draw and kept in the user's cache.

Building it takes longer than all else that evaluates a small predictor on it.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.building.demo_suite import ARCHIVE, DEMO_SUITE, unpack_demo_suite
from runner.building.draw import Draw
from runner.code_version import code_versions
from runner.errors import SuiteError
from runner.files.scratch import scratch_directory
from runner.files.user_directories import kept_by_this_code
from runner.files.whole_writes import put_in_place, unfinished_directory
from runner.progress import Progress
from runner.suites.opening import open_suite
from runner.suites.suite import Suite

KEPT = "demo-suites"
"""The folder of the cache that they are kept in."""

_SUITE = "suite"


@contextmanager
def opened_demo_suite(draw: Draw, progress: Progress) -> Iterator[Suite]:
    """Yield the demo suite of a draw, with every byte checked.

    Raises:
        SuiteError: it can't be divided like this.
    """
    kept = kept_by_this_code(KEPT, code_versions())
    if kept is None:
        with scratch_directory() as scratch:
            yield _build(draw, scratch, progress)
        return
    place = kept / _digest(draw)
    yield _find(place) or _make(draw, place, progress)


def _digest(draw: Draw) -> str:
    return hashlib.sha256(repr(draw).encode() + ARCHIVE.read_bytes()).hexdigest()[:16]


def _find(place: Path) -> Suite | None:
    """Return the suite that is kept there; None if there is none, or not a whole one."""
    try:
        return open_suite(place / _SUITE)
    except SuiteError:
        return None


def _make(draw: Draw, place: Path, progress: Progress) -> Suite:
    with unfinished_directory(place, is_private=True) as unfinished:
        _build(draw, unfinished, progress)
        put_in_place(unfinished, place)
    return open_suite(place / _SUITE)


def _build(draw: Draw, into: Path, progress: Progress) -> Suite:
    from runner.building.drawn import build_drawn  # noqa: PLC0415  (slow; not if kept)

    with scratch_directory() as scratch:
        source = unpack_demo_suite(scratch)
        # What it warns of is for organizers; most people who use the demo are not.
        return build_drawn(DEMO_SUITE, source, draw, into / _SUITE, progress, has_warnings=False)
