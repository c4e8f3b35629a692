"""The evaluations among which ``runner evaluate --leaderboard`` ranks its reports."""

from pathlib import Path

from runner.leaderboard.standing import Competitors, read_competitors
from runner.progress import Progress
from runner.submissions.told import refuse_without_ledger


def read_ranked(directory: Path, progress: Progress) -> Competitors:
    """Return the evaluations of a directory, or of the leaderboard in a file.

    Raises:
        UsageError: they can't be read, or only a ledger may rank them.
    """
    competitors = read_competitors(directory, progress)
    refuse_without_ledger(competitors.reports)
    return competitors
