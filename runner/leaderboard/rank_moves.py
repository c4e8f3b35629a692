"""How ranks move when the same evaluations are scored on another version of their suite."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.leaderboard.board import LeaderboardEntry
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.suite_choice import choose_all
from runner.reports.report import Report


@dataclass(frozen=True)
class RankMove:
    """An evaluation before and now.

    Attributes:
        directory: of its new report.
        rank_before, rank: e.g. ``2-3, tied``; None if it is not ranked. ``rank_before`` is None too
            if the evaluations were on several versions.
        value_before, value: the primary metric of each version, in its own unit.
    """

    submitter: str
    image: str
    directory: Path
    rank_before: str | None
    rank: str | None
    value_before: float | None
    value: float | None


def rank_moves(before: Mapping[Path, Report], now: Mapping[Path, Report]) -> list[RankMove]:
    """Return how each evaluation moved among these, the best now first.

    Args:
        before, now: the reports of the same evaluations, by the directory of the new one.
    """
    if not now:
        return []
    earlier = {path: _value(report) for path, report in before.items()}
    ranks: dict[Path, str | None] = {}
    if len({report.suite.digest for report in before.values()}) == 1:
        board = make_leaderboard(choose_all(before), None)
        ranks = {entry.report: _rank(entry) for entry in board.entries}
    return [
        RankMove(
            submitter=entry.submitter,
            image=entry.image,
            directory=entry.report,
            rank_before=ranks.get(entry.report),
            rank=_rank(entry),
            value_before=earlier[entry.report],
            value=_value(now[entry.report]),
        )
        for entry in make_leaderboard(choose_all(now), None).entries
    ]


def _rank(entry: LeaderboardEntry) -> str | None:
    return None if entry.rank is None else str(entry.rank)


def _value(report: Report) -> float | None:
    score = report.score(report.scoring.primary)
    return None if score is None else score.value
