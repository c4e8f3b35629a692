"""What may be shown of what lies below a folder, at one moment."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from runner.cards.shown_card import read_bundle
from runner.errors import RunnerError
from runner.files.bug_log import attempt
from runner.leaderboard.contenders import Contender
from runner.leaderboard.kept_contenders import read_some_contenders
from runner.reports.report import REPORT_FILE
from runner.reports.score_text import score_text
from runner.submissions.ledger import Ledger
from runner.submissions.told import Told, told_board
from runner.suites.opening import read_manifest
from runner.suites.overview import overview
from runner.view.closed import Marks, read_marks
from runner.view.found import Found, find_contents

State = tuple[int, int]
"""When a file was written, and its size: if neither changed, it is taken as the same."""

Address = Callable[[str, str], str]
"""Returns the address of a thing by its kind and name."""


class States:
    """What is known of each report, until its file changes."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[State, Contender | RunnerError]] = {}

    def read(self, folders: Sequence[Path]) -> dict[Path, Contender | RunnerError]:
        """Return what is known of the reports in these folders; only new ones are read."""
        states = ((folder, state_of(folder / REPORT_FILE)) for folder in folders)
        now = {folder: state for folder, state in states if state is not None}
        new = [each for each in now if self._known.get(each, (None,))[0] != now[each]]
        found = read_some_contenders([folder / REPORT_FILE for folder in new])
        faults = iter(found.faults)
        for folder in new:
            self._known[folder] = (now[folder], found.reports.get(folder) or next(faults))
        return {folder: self._known[folder][1] for folder in now}

    def find(self, folder: Path) -> Contender | None:
        """Return what is known of the report in a folder; None if it can't be read."""
        found = self.read([folder]).get(folder)
        return found if isinstance(found, Contender) else None


def state_of(path: Path) -> State | None:
    """Return a file's state, None if it is not there."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@dataclass(frozen=True)
class ToldSuite:
    """What an open ledger has told of a suite.

    Attributes:
        report: one of the suite's, for its name and metric.
    """

    report: Contender
    board: Sequence[Told]


@dataclass(frozen=True)
class Listing:
    """What is below a folder.

    Attributes:
        reports, cards, batches: what may be shown, by name.
        closed: the reports that an open ledger has made; nothing of their own is shown.
    """

    found: Found
    marks: Marks
    states: States
    reports: Mapping[str, Path] = field(default_factory=dict)
    cards: Mapping[str, Path] = field(default_factory=dict)
    batches: Mapping[str, Path] = field(default_factory=dict)
    closed: Sequence[Path] = ()

    @classmethod
    def of(cls, root: Path, states: States) -> "Listing":
        """Look below a folder."""
        found = find_contents(root)
        marks = read_marks(root, found.marked)

        def allowed(places: Mapping[str, Path]) -> dict[str, Path]:
            return {name: path for name, path in places.items() if not marks.is_closed(path)}

        reports = allowed(found.reports)
        closed = [path for name, path in found.reports.items() if name not in reports]
        cards, batches = allowed(found.cards), allowed(found.batches)
        return cls(found, marks, states, reports, cards, batches, closed)

    def state(self, folder: Path) -> State | None:
        """Return the state of a report's file."""
        return state_of(folder / REPORT_FILE)

    def boards(self) -> dict[str, dict[Path, Contender]]:
        """Return the reports of each suite, by its digest, without those that a ledger ranks."""
        found: dict[str, dict[Path, Contender]] = {}
        for path, made in self.states.read(list(self.reports.values())).items():
            if isinstance(made, Contender) and not self.marks.has_ledger(path):
                found.setdefault(made.digest, {})[path] = made
        return found

    def ranked(self, digest: str) -> dict[Path, Contender]:
        """Return the reports of a suite that its board ranks."""
        return self.boards().get(digest, {})

    def told(self) -> dict[str, ToldSuite]:
        """Return what open ledgers have told, by a name of each ledger and suite."""
        found: dict[str, ToldSuite] = {}
        for path, made in self.states.read(self.closed).items():
            ledger = self.marks.open.get(path.absolute().parent)
            if ledger is None or not isinstance(made, Contender):
                continue
            key = hashlib.sha256(os.fsencode(f"{ledger}\n{made.digest}")).hexdigest()[:16]
            if key not in found:
                found[key] = ToldSuite(made, _told(ledger, made.digest))
        return {key: told for key, told in found.items() if told.board}

    def to_page(self, address: Address) -> dict[str, Any]:
        """Return what the list's page shows of it."""
        read = self.states.read(list(self.reports.values()))
        return {
            "reports": [_report(n, read.get(path), address) for n, path in self.reports.items()],
            "boards": [_board(found, address) for found in self.boards().values()],
            "suites": [_suite(name, path) for name, path in self.found.suites.items()],
            "cards": [_card(name, path, address) for name, path in self.cards.items()],
            "told": [
                {"title": _title(each.report), "address": address("told", key)}
                for key, each in self.told().items()
            ],
            "closed": [
                {"folder": str(folder), "ledger": str(ledger)}
                for folder, ledger in self.marks.open.items()
            ],
            "ended": [
                {"folder": str(folder), "ledger": str(ledger)}
                for folder, ledger in self.marks.ended.items()
            ],
            "unreadable": [
                {"folder": str(folder), "reason": reason}
                for folder, reason in self.found.unreadable.items()
                if not self.marks.is_closed(folder.absolute().parent)
            ],
            "is_cut": self.found.is_cut,
        }


def _told(ledger: Path, digest: str) -> Sequence[Told]:
    read = attempt(Ledger(ledger).read)
    return [] if isinstance(read, RunnerError) else told_board(read[1], digest)


def suite_digits(digest: str) -> str:
    """Return a suite's name in addresses."""
    return digest.removeprefix("sha256:")


def _title(made: Contender) -> str:
    return f"{made.suite} {made.version}"


def _report(name: str, made: Contender | RunnerError | None, address: Address) -> dict[str, Any]:
    if not isinstance(made, Contender):
        return {"name": name, "fault": "not there any more" if made is None else str(made)}
    score = "–" if made.score is None else score_text(made.score)  # noqa: RUF001  (a dash)
    return {
        "name": name,
        "fault": None,
        "address": address("report", name),
        "image": made.image.reference,
        "submitter": made.submitter,
        "suite": _title(made),
        "metric": made.scoring.primary_metric.title,
        "score": score,
        "unranked": made.unranked,
        "created": made.created,
    }


def _board(found: Mapping[Path, Contender], address: Address) -> dict[str, Any]:
    one = next(iter(found.values()))
    at = address("board", f"{suite_digits(one.digest)}/index.html")
    metric = one.scoring.primary_metric.title
    return {"title": _title(one), "address": at, "reports": len(found), "metric": metric}


def _suite(name: str, path: Path) -> dict[str, Any]:
    suite = attempt(partial(read_manifest, path))
    if isinstance(suite, RunnerError):
        return {"name": name, "fault": str(suite)}
    facts = overview(suite)
    manifest = suite.manifest
    more = {"description": manifest.description, "license": manifest.license}
    return {
        **facts,
        **more,
        "title": f"{facts['name']} {facts['version']}",
        "name": name,
        "fault": None,
    }


def _card(name: str, path: Path, address: Address) -> dict[str, Any]:
    shown = attempt(partial(read_bundle, path))
    if isinstance(shown, RunnerError):
        return {"name": name, "fault": str(shown)}
    title, verdict = str(shown.card.get("title", name)), str(shown.verdict)
    return {
        "name": name,
        "fault": None,
        "title": title,
        "verdict": verdict,
        "address": address("card", name),
    }
