"""Evaluations of one suite, ranked."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from runner.api.announcing import AnnouncedLines
from runner.api.checked import LocalPlace, Place, checked
from runner.api.opened_reports import LocalScore, OpenedReport
from runner.api.tables import html_table
from runner.errors import UsageError
from runner.files.stores import open_store
from runner.leaderboard.board import Leaderboard, leaderboard_rows
from runner.leaderboard.kept_contenders import read_contenders
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.suite_choice import choose_all, choose_reports
from runner.submissions.organizer_files import read_submitters
from runner.submissions.told import refuse_without_ledger

SHOWN = ("rank", "submitter", "image", "value", "low", "high", "unranked")


class Ranking:
    """A leaderboard. Evaluations that don't differ clearly share ranks, e.g. ``1-3, tied``.

    Attributes:
        board: the runner's own object; not part of the stable interface.
    """

    def __init__(self, board: Leaderboard, runner_version: str) -> None:
        self.board, self._runner_version = board, runner_version

    @property
    def frame(self) -> pd.DataFrame:
        """One row per evaluation: the best first, unranked ones last.

        Among its columns: rank, rank_best, rank_worst, submitter, image, metric, value, low and
        high (the metric's value and interval, in its own unit), unranked (why there is no rank).
        """
        return pd.DataFrame(leaderboard_rows(self.board))

    def to_html(self) -> str:
        """Return the leaderboard's page as HTML, without links to the reports' pages.

        Raises:
            UsageError: the extra ``html`` is not installed.
        """
        from runner.pages.leaderboard_page import (  # noqa: PLC0415  (needs an extra)
            Surroundings,
            leaderboard_page,
        )

        return leaderboard_page(self.board, Surroundings(), self._runner_version)

    def __repr__(self) -> str:
        return f"<Ranking of {len(self.board.entries)} evaluations on {self.board.suite}>"

    def _repr_html_(self) -> str:
        rows = [[row[name] for name in SHOWN] for row in leaderboard_rows(self.board)]
        title = f"{self.board.suite} {self.board.suite_version}: {self.board.policy.primary}"
        return html_table(title, SHOWN, rows)


@checked
def rank_reports(
    reports: Place | Sequence[OpenedReport],
    *,
    submitters: LocalPlace | None = None,
    suite: str | None = None,
) -> Ranking:
    """Return the evaluations of one suite in order, the best first.

    Each pair is compared on the same runs; the ranks hold together at 95 %. A report that can't be
    read is left out, and one with other targets than the others is not ranked: the log named
    ``runner`` has a warning for each of the first ten, and says how many others there are.

    Args:
        reports: a directory or URL below which reports are, or reports themselves.
        submitters: a YAML file that lists the images of each submitter.
        suite: which suite's reports of a directory are ranked: its version, its digest or the
            digest's beginning, or its name. By default the newest version, whose first report was
            made last.

    Raises:
        UsageError: there is no report, or the reports are for suites with different names; or those
            given as objects are for suites with different digests; or they are of a competition,
            which `runner leaderboard --ledger` ranks.
        SuiteError: no report can be read, or the file of submitters can't.
    """
    progress = AnnouncedLines(logging.getLogger("runner").warning)
    if isinstance(reports, str) or not isinstance(reports, Iterable):  # a URL's path is no Path
        place = open_store(reports)
        chosen = choose_reports(read_contenders(place, progress), place, suite)
    else:
        if not reports or any(isinstance(each, LocalScore) for each in reports):
            raise UsageError(
                "Give at least one report of an image; scores made in this process are not ranked."
            )
        chosen = choose_all({each.directory: each.report for each in reports})
        if len({report.digest for report in chosen.reports.values()}) != 1:
            raise UsageError("Evaluations are ranked on one suite: give reports of one digest.")
    refuse_without_ledger(chosen.reports)
    known = None if submitters is None else read_submitters(Path(submitters))
    version = next(iter(chosen.reports.values())).runner_version
    return Ranking(make_leaderboard(chosen, known, progress), version)
