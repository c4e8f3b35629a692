"""Shell completion of suites and directories of reports; it looks at file names only."""

from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

SUITES = Path("suites")
RESULTS = Path("results")
"""The default folders of suites and reports."""


def complete_suites(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the values of ``--suite``: the demo, and the names of the built suites."""
    return _items(["demo", *(path.name for path in _built())], incomplete)


def complete_suite_paths(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the paths of the built suites."""
    return _items(map(str, _built()), incomplete)


def complete_reports(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the directories of single reports."""
    return _items(map(str, _reports()), incomplete)


def complete_report_folders(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the directories that hold reports of several images."""
    return _items(sorted({str(path.parent) for path in _reports()}), incomplete)


def _built() -> list[Path]:
    return sorted(path.parents[1] for path in SUITES.glob("*/public/suite.json"))


def _reports() -> list[Path]:
    found = (path for depth in ("*", "*/*") for path in RESULTS.glob(f"{depth}/report.json"))
    return sorted(path.parent for path in found)


def _items(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """Return the words that begin with the typed text; if none, the shell completes folders."""
    matching = [CompletionItem(word) for word in words if word.startswith(incomplete)]
    return matching or [CompletionItem(incomplete, type="dir")]
