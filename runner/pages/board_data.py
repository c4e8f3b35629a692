"""What the script of a leaderboard's page draws: entries by metric and scenario, the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.leaderboard.board import Leaderboard, LeaderboardEntry
from runner.leaderboard.contenders import SHORT_DIGEST
from runner.pages.packing import short
from runner.pages.report_data import FEWEST_TARGETS, OF_ONE_TARGET
from runner.reports.records import report_records
from runner.reports.report import Report
from runner.scores.aggregation import score_targets
from runner.scores.metrics import METRICS
from runner.scores.records import name_runs
from runner.scores.score import Score
from runner.untrusted import printable

BY_SCENARIO = ("mae", "rmse", "skill")
"""The metrics that the page has of each scenario, besides the primary one."""


@dataclass(frozen=True)
class EntryDetails:
    """Scores of an entry beyond the primary one: over the suite, and of each scenario."""

    scores: tuple[Score, ...]
    by_scenario: tuple[Score, ...]

    @classmethod
    def of(cls, report: Report, *, with_actuals: bool) -> "EntryDetails":
        """Return the scores of a report, without those of few targets unless actuals are shown."""
        names = {report.scoring.primary, *BY_SCENARIO}
        records = report_records(report, name_runs)
        found = score_targets(records, ("scenario",), policy=report.scoring, metrics=names)
        return cls(
            tuple(s for s in report.scores if with_actuals or s.metric not in OF_ONE_TARGET),
            tuple(s for s in found if with_actuals or s.targets >= FEWEST_TARGETS),
        )


@dataclass(frozen=True)
class SuiteFacts:
    """What a leaderboard's page says of its suite."""

    description: str
    license: str
    limits: Mapping[str, float]

    @classmethod
    def of(cls, report: Report) -> "SuiteFacts":
        """Return what a report says of its suite."""
        limits = report.cases[0].limits if report.cases else {}
        return cls(report.suite.description, report.suite.license, limits)


def board_data(
    board: Leaderboard,
    links: Mapping[Path, str],
    details: Mapping[Path, EntryDetails],
    compared: str | None,
) -> dict[str, Any]:
    """Return the page's data.

    Args:
        compared: the page of comparisons, relative to this one, if there is one.
    """
    ranked = [entry for entry in board.entries if entry.rank is not None]
    return {
        "primary": board.policy.primary,
        "entries": [_entry(board, number, links) for number in range(len(ranked))],
        "metrics": _over_suite(board, ranked, details),
        "scenarios": _by_scenario(ranked, details),
        "budgets": [printable(budget) for budget in board.budgets],
        "curves": [[short(score.value) for score in entry.curve] for entry in ranked],
        "comparison": compared,
        "history": _history(board),
    }


def _entry(board: Leaderboard, number: int, links: Mapping[Path, str]) -> dict[str, Any]:
    entry = board.entries[number]
    above = board.entries[number - 1].rank if number else None
    assert entry.rank is not None  # noqa: S101  (for the type: only ranked ones are asked for)
    return {
        "best": entry.rank.best,
        "worst": entry.rank.worst,
        # A heavier line marks who differs clearly from all above.
        "starts": above is not None and above.worst < entry.rank.best,
        "submitter": printable(entry.submitter),
        "image": printable(entry.image),
        "baseline": entry.is_baseline,
        "facts": None if entry.facts is None else entry.facts.model_dump(exclude_defaults=True),
        "digest": printable(entry.digest.rpartition("@")[2][:SHORT_DIGEST]),
        "link": links.get(entry.report),
        "probability": short(entry.probability_better),
        "cases": ", ".join(f"{count} {name}" for name, count in sorted(entry.outcomes.items())),
    }


def _over_suite(
    board: Leaderboard, ranked: Sequence[LeaderboardEntry], details: Mapping[Path, EntryDetails]
) -> list[dict[str, Any]]:
    """Return the values and intervals of each metric that an entry has, the primary one first."""
    found: dict[str, list[Score | None]] = {board.policy.primary: [e.score for e in ranked]}
    for place, entry in enumerate(ranked):
        for score in details[entry.report].scores if entry.report in details else ():
            found.setdefault(score.metric, [None] * len(ranked))[place] = score
    return [
        {
            "name": name,
            "title": METRICS[name].title,
            "better": METRICS[name].better,
            "values": [None if s is None else short(s.value) for s in scores],
            "low": [None if s is None else short(s.low) for s in scores],
            "high": [None if s is None else short(s.high) for s in scores],
        }
        for name, scores in found.items()
        if any(score is not None and score.value is not None for score in scores)
    ]


def _by_scenario(
    ranked: Sequence[LeaderboardEntry], details: Mapping[Path, EntryDetails]
) -> list[dict[str, Any]]:
    """Return, by scenario and metric, the value of each entry; none if there is one scenario."""
    found: dict[str, dict[str, list[float | None]]] = {}
    for place, entry in enumerate(ranked):
        for score in details[entry.report].by_scenario if entry.report in details else ():
            if score.group is not None:
                of_scenario = found.setdefault(printable(score.group), {})
                values = of_scenario.setdefault(score.metric, [None] * len(ranked))
                values[place] = short(score.value)
    listed = [{"name": name, "values": values} for name, values in sorted(found.items())]
    return listed if len(listed) > 1 else []


def _history(board: Leaderboard) -> list[dict[str, Any]]:
    """Return every evaluation, the latest first, and how it changed its submitter's best value."""
    sign = 1 if board.policy.primary_metric.better == "higher" else -1
    rows = []
    for submitter, attempts in board.attempts.items():
        best: float | None = None
        for attempt in attempts:
            value = attempt.value
            rows.append(
                {
                    "created": printable(attempt.created[:16].replace("T", " ")),
                    "submitter": printable(submitter),
                    "image": printable(attempt.image),
                    "digest": printable(attempt.digest.rpartition("@")[2][:SHORT_DIGEST]),
                    "value": short(value),
                    "change": None if value is None or best is None else short(value - best),
                }
            )
            if value is not None and (best is None or sign * (value - best) > 0):
                best = value
    return sorted(rows, key=lambda row: str(row["created"]), reverse=True)
