"""The pages of what lies below a folder, each made when it is asked for and kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from urllib.parse import quote

from runner.cards.shown_card import read_bundle
from runner.code_version import own_version
from runner.errors import UsageError
from runner.evaluation.running_batch import RunningBatch
from runner.files.below import open_below, paths_below
from runner.files.bug_log import attempt
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.suite_choice import choose_reports
from runner.pages.card_page import card_page
from runner.pages.leaderboard_page import COMPARED, INDEX, BoardPages
from runner.pages.report_page import Links, report_page
from runner.pages.view_page import batch_page, list_page
from runner.progress import SILENT
from runner.reports.found_reports import FoundReports
from runner.reports.report import REPORT_FILE, parse_report, read_report
from runner.view.batches import OVER, ShownBatch, read_batch, show_batch
from runner.view.card_contents import card_on_page
from runner.view.closed import read_marks
from runner.view.found import name_below
from runner.view.listing import Listing, States, suite_digits
from runner.view.told import board_page

MOST_KEPT = 32
"""Pages that are kept in memory."""


class Contents:
    """What a server shows of a folder.

    Args:
        root: the folder.
        start: the beginning of every address, with a slash at its end.
    """

    def __init__(self, root: Path, start: str) -> None:
        self.root, self.start = root, start
        self._states = States()
        self._kept: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._batches: dict[str, RunningBatch] = {}
        self._making = threading.Lock()  # one page at a time: each uses all cores by itself

    def look(self) -> Listing:
        """Return what there is now, without what an open ledger closes."""
        return Listing.of(self.root, self._states)

    def page(self, parts: Sequence[str]) -> str | None:
        """Return the page at an address, the names after the start; None if there is none.

        Raises:
            RunnerError: there is one, but it can't be made.
        """
        kind, *rest = parts or [""]
        name = "/".join(rest)
        makers: dict[str, Callable[[Listing, str], str | None]] = {
            "report": self._report,
            "board": self._board,
            "card": self._card,
            "batch": self._batch,
            "told": self._told,
        }
        if kind == "" and not name:
            return self._list(self.look())
        return makers[kind](self.look(), name) if kind in makers else None

    def file(self, parts: Sequence[str]) -> bytes | None:
        """Return a file of a report, e.g. the log of a case.

        None if there is none: also if it is no file, can't be read, or a link is on the way.
        """
        reports = self.look().reports
        for end in range(1, len(parts)):
            folder = reports.get("/".join(parts[:end]))
            if folder is not None:
                with (
                    suppress(OSError),
                    open_below(self.root, [*self._parts(folder), *parts[end:]]) as file,
                ):
                    return file.read()
        return None

    def batch(self, name: str) -> ShownBatch | None:
        """Return what is to be seen of a batch: of one that runs, or ran since the server began.

        Not all that is below the folder is looked through: who follows a batch asks often.
        """
        if name not in self._batches and name not in self.look().batches:
            return None
        path = self.root / name
        if read_marks(self.root, self._folders_of(path)).is_closed(path):
            return None
        state = OVER
        with suppress(OSError):  # over since it was looked for
            found, state = read_batch(self.root, path)
            if found is not None:
                self._batches[name] = found
        batch = self._batches.get(name)
        if batch is None:
            return None
        return show_batch(batch, state, path.parent, self._states.find, self._report_address)

    def _folders_of(self, path: Path) -> list[Path]:
        """Return the folders from the root to the one in which a path is."""
        parts = path.relative_to(self.root).parts
        return [self.root.joinpath(*parts[:end]) for end in range(len(parts))]

    def _list(self, listing: Listing) -> str:
        batches = [
            {"name": parent, "address": self._address("batch", name), "state": str(shown)}
            for name in listing.batches
            if (shown := self.batch(name)) is not None
            and (parent := name_below(self.root, (self.root / name).parent))
        ]
        content = listing.to_page(self._address)
        return list_page(str(self.root), own_version(), {**content, "batches": batches})

    def _batch(self, _listing: Listing, name: str) -> str | None:
        shown = self.batch(name)
        if shown is None:
            return None
        folder = str((self.root / name).parent)
        addresses = {"list": self.start, "events": self._address("events", name)}
        return batch_page(folder, own_version(), {**asdict(shown), **addresses})

    def _report(self, listing: Listing, name: str) -> str | None:
        folder = listing.reports.get(name)
        if folder is None:
            return None
        is_ranked = not listing.marks.has_ledger(folder)

        def make() -> str:
            path = folder / REPORT_FILE
            try:
                with open_below(self.root, [*self._parts(folder), REPORT_FILE]) as file:
                    report = parse_report(path, file.read())
            except OSError as error:
                raise UsageError(f"{path}: can't be read ({error.strerror}).") from error
            board = self._address("board", f"{suite_digits(report.suite.digest)}/{INDEX}")
            files = self._address("files", name)
            links = Links(board=board if is_ranked else None, files=files)
            return report_page(report, with_actuals=True, links=links)

        return self._keep((name, listing.state(folder), is_ranked), make)

    def _card(self, listing: Listing, name: str) -> str | None:
        folder = listing.cards.get(name)
        if folder is None:
            return None
        _refuse_links(folder)
        return card_page(card_on_page(read_bundle(folder)), own_version())

    def _board(self, listing: Listing, name: str) -> str | None:
        digits, _, page = name.partition("/")
        digest = next((each for each in listing.boards() if suite_digits(each) == digits), None)
        if digest is None:
            return None
        ranked = listing.ranked(digest)
        key = (digits, *((path, listing.state(path)) for path in ranked))

        def make(wanted: str) -> str | None:
            chosen = choose_reports(FoundReports(ranked), self.root)
            board = make_leaderboard(chosen, None, SILENT)
            pages, links = BoardPages(board, with_actuals=False), {}
            for path in chosen.reports:
                if attempt(partial(_take, pages, path)) is None:
                    links[path] = self._report_address(path)
            made = dict(pages.make(links, own_version()))
            for each, html in made.items():
                self._put((*key, each), html)
            return made.get(wanted)

        if page not in (INDEX, COMPARED):
            return None
        return self._keep((*key, page), partial(make, page))

    def _told(self, listing: Listing, name: str) -> str | None:
        told = listing.told().get(name)
        return None if told is None else board_page(told.report, told.board)

    def _keep(self, key: tuple[object, ...], make: Callable[[], str | None]) -> str | None:
        with self._making:
            found = self._kept.get(key) or make()
            if found is not None:
                self._put(key, found)
            return found

    def _put(self, key: tuple[object, ...], html: str) -> None:
        self._kept[key] = html
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _parts(self, folder: Path) -> tuple[str, ...]:
        return folder.relative_to(self.root).parts

    def _address(self, kind: str, name: str) -> str:
        return f"{self.start}{kind}/{quote(name, errors='surrogateescape')}"

    def _report_address(self, path: Path) -> str:
        return self._address("report", name_below(self.root, path))


def _take(pages: BoardPages, path: Path) -> None:
    pages.take(path, read_report(path))


def _refuse_links(folder: Path) -> None:
    """Refuse a bundle in which a link could show a file from elsewhere.

    Raises:
        UsageError: it has one.
    """
    for path in paths_below(folder):
        if path.is_symlink():
            raise UsageError(f"{path}: a link; none is followed. Put the file itself there.")
