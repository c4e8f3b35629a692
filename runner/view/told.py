"""The page of what an open competition has told of a suite."""

from collections.abc import Sequence

from runner.leaderboard.contenders import Contender
from runner.pages.told_page import ToldRow, told_page
from runner.submissions.told import Told


def board_page(report: Contender, board: Sequence[Told]) -> str:
    """Return the page's HTML.

    Args:
        report: one of the suite's; nothing of its own is shown.
    """
    rows = [ToldRow(each.rank, each.submitter, f"{each.value:.6g}") for each in board]
    title, metric = f"{report.suite} {report.version}", report.scoring.primary_metric
    return told_page(title, report.digest, metric, rows, report.runner_version)
