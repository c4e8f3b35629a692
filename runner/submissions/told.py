"""What a competition has told so far: the only board there is while it is open."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import UsageError
from runner.files.given_paths import real_path, why_no_path
from runner.files.stores import is_remote, read_file, write_files
from runner.files.submitter_names import identity
from runner.submissions.entries import Entry, Scored, is_disqualified, list_attempts
from runner.submissions.ledger import Ledger

MARK = "ledger.txt"
"""Names the ledger of the reports beside it."""


@dataclass(frozen=True)
class Told:
    """What is told of a submitter: one that is not better than the baseline has the baseline's."""

    rank: int
    submitter: str
    value: float


def told_board(entries: Sequence[Entry], suite: str) -> list[Told]:
    """Return the best that is told of each submitter on a suite; equal values share a rank.

    By the Ladder that is the last one. Where every score is told it need not be.

    Args:
        suite: the digest.
    """
    began = {each.began.id: each.began.submission for each in list_attempts(entries)}
    names: dict[str, str] = {}
    values: dict[str, float] = {}
    for entry in entries:
        if isinstance(entry, Scored) and began[entry.id].suite == suite:
            submitter = began[entry.id].submitter
            names.setdefault(identity(submitter), submitter)
            best = values.get(identity(submitter), entry.published)
            values[identity(submitter)] = min(best, entry.published)
    shown = {key: value for key, value in values.items() if not is_disqualified(entries, key)}
    ordered = sorted(shown.items(), key=lambda item: (item[1], names[item[0]]))
    return [
        Told(1 + sum(other < value for other in shown.values()), names[key], value)
        for key, value in ordered
    ]


def mark_reports(directory: Path, ledger: Path) -> None:
    """Note beside the reports in a directory which ledger they are made under."""
    write_files({directory / MARK: os.fsencode(f"{ledger.absolute()}\n")})


def refuse_while_open(reports: Collection[Path]) -> None:
    """Refuse to show exact scores of reports that an open ledger has made.

    Args:
        reports: the directories of the reports.

    Raises:
        UsageError: a ledger of them is open, or can't be read.
    """
    for directory, ledger in find_ledgers(reports).items():
        if ledger == directory / MARK:
            raise UsageError(
                f"{ledger}: can't be read, and it says whether these reports are of a competition, "
                "which may be open. Perhaps its folder is closed to this user."
            )
        if Ledger(ledger).is_open:
            raise UsageError(
                f"{directory}: made under the ledger {ledger}, which is open, so only what it has "
                "told may be shown: `runner leaderboard DIR --ledger FILE`; `runner ledger "
                "rescore` tells again after a correction. `runner ledger close` ends the "
                "competition, and then all may be shown."
            )


def refuse_without_ledger(reports: Collection[Path], named: Path | None = None) -> None:
    """Refuse to compare reports of a competition by anything but its ledger.

    Only the ledger knows who is disqualified and which targets are private.

    Args:
        reports: the directories of the reports.
        named: the ledger by which they are compared.

    Raises:
        UsageError: a ledger of them is open, can't be read, or is not the one that is named.
    """
    refuse_while_open(reports)
    for directory, ledger in find_ledgers(reports).items():
        if named is None or not named.samefile(ledger):
            other = "" if named is None else f", not under {named}"
            raise UsageError(
                f"{directory}: made under the ledger {ledger}{other}: only that knows who is "
                "disqualified and which targets are private. Name it: `runner leaderboard DIR "
                f"--ledger {ledger}`; its --json writes a file that `runner evaluate --leaderboard "
                "FILE` takes."
            )


def find_ledgers(reports: Collection[Path]) -> dict[Path, Path]:
    """Return the ledger that the reports of a directory were made under, by that directory.

    For a mark that can't be read it is the mark itself: no ledger, so that nothing is shown.
    """
    found = {}
    directories = {place.parent for report in reports for place in _places(report)}
    for directory in sorted(directories, key=str):  # a URL and a path have no order
        mark = directory / MARK
        try:
            text = os.fsdecode(read_file(mark)).strip()
            found[directory] = Path(text) if why_no_path(text) is None else mark
        except (FileNotFoundError, NotADirectoryError):
            if not is_remote(mark) and mark.is_symlink():
                found[directory] = mark
        except OSError:
            found[directory] = mark
    return found


def _places(report: Path) -> list[Path]:
    """Return where a report is: as it is named, and where links lead."""
    return [report] if is_remote(report) else [report.absolute(), real_path(report)]
