"""What there is below a folder: reports, suites, cards and running batches. No link is followed."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.cards.shown_card import CARD, VERDICT
from runner.evaluation.running_batch import BATCH_FILE
from runner.reports.found_reports import DEEPEST_REPORT
from runner.reports.report import REPORT_FILE
from runner.submissions.told import MARK
from runner.suites.manifest import MANIFEST, PUBLIC

MOST_FOLDERS = 20_000
"""A folder of a whole disk is looked through only so far."""

_BATCH = re.compile(re.escape(BATCH_FILE).replace(r"\{\}", "[0-9a-f]{8}"))

Entries = Mapping[str, "os.DirEntry[str]"]


@dataclass
class Found:
    """What is below a folder, each by its name: the path from the folder.

    Attributes:
        batches: the files of batches that run, or were killed.
        marked: folders whose reports a ledger has made.
        unreadable: why folders can't be looked into.
        folders: how many were looked into.
    """

    reports: dict[str, Path] = field(default_factory=dict)
    suites: dict[str, Path] = field(default_factory=dict)
    cards: dict[str, Path] = field(default_factory=dict)
    batches: dict[str, Path] = field(default_factory=dict)
    marked: list[Path] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    folders: int = 0

    @property
    def is_cut(self) -> bool:
        """Return whether there are more folders than were looked into."""
        return self.folders > MOST_FOLDERS


def find_contents(root: Path) -> Found:
    """Return what is at or below a folder, hidden folders left out."""
    found = Found()
    _look(root, root, DEEPEST_REPORT, found)
    return found


def name_below(root: Path, path: Path) -> str:
    """Return a path's name in addresses and on pages; the folder itself has its own name."""
    return root.absolute().name or "root" if path == root else path.relative_to(root).as_posix()


def _look(root: Path, folder: Path, depth: int, found: Found) -> None:
    found.folders += 1
    if found.is_cut:
        return
    try:
        with os.scandir(folder) as listed:
            entries = {entry.name: entry for entry in listed}
            kind = _kind(folder, entries, found)
    except OSError as error:
        found.unreadable[folder] = error.strerror or str(error)
        return
    if kind is not None:
        kind[name_below(root, folder)] = folder
        return
    if MARK in entries:
        found.marked.append(folder)
    for name in filter(_BATCH.fullmatch, entries):
        if _has_file(entries, name):
            found.batches[name_below(root, folder / name)] = folder / name
    for name in sorted(entries) if depth else ():
        if not name.startswith(".") and _has_folder(entries, name):
            _look(root, folder / name, depth - 1, found)


def _kind(folder: Path, entries: Entries, found: Found) -> dict[str, Path] | None:
    """Return where a folder belongs, None if other folders are to be looked for in it."""
    if _has_file(entries, REPORT_FILE):
        return found.reports
    if _has_folder(entries, PUBLIC) and _is_plain(folder / PUBLIC / MANIFEST):
        return found.suites
    if _has_file(entries, CARD) and _has_file(entries, VERDICT):
        return found.cards
    return None


def _has_file(entries: Entries, name: str) -> bool:
    return name in entries and entries[name].is_file(follow_symlinks=False)


def _has_folder(entries: Entries, name: str) -> bool:
    return name in entries and entries[name].is_dir(follow_symlinks=False)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
