"""Which folders are closed, because an open ledger has made the reports in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.files.bug_log import attempt
from runner.files.given_paths import real_path
from runner.submissions.ledger import Ledger
from runner.submissions.told import find_ledgers


@dataclass(frozen=True)
class Marks:
    """The ledgers below a folder and around it, each by the folder that it marks.

    Attributes:
        open: those that are open, or can't be read: nothing made under them is shown.
        ended: the others; what they made is shown, but only they can rank it.
    """

    open: dict[Path, Path]
    ended: dict[Path, Path]

    def is_closed(self, place: Path) -> bool:
        """Return whether nothing of a place may be shown."""
        return any(folder in self.open for folder in _around(place))

    def has_ledger(self, place: Path) -> bool:
        """Return whether a ledger made what is at a place."""
        return any(folder in self.open or folder in self.ended for folder in _around(place))


def read_marks(root: Path, marked: Sequence[Path]) -> Marks:
    """Return the ledgers of the marked folders, and of all in which the root is."""
    inside = [folder / "any" for folder in (*marked, *_around(root))]
    marks = Marks({}, {})
    for folder, ledger in find_ledgers(inside).items():
        (marks.open if _closes(ledger) else marks.ended)[folder] = ledger
    return marks


def _closes(ledger: Path) -> bool:
    """Return whether a ledger is open, or can't be read: it may be open then."""
    is_open = attempt(lambda: Ledger(ledger).is_open)
    return is_open if isinstance(is_open, bool) else True


def _around(place: Path) -> Iterator[Path]:
    """Yield a place and the folders in which it is: as it is named, and where links lead."""
    for each in (place.absolute(), real_path(place)):
        yield each
        yield from each.parents
