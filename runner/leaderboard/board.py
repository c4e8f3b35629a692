"""A leaderboard, as a value for those who show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import RunnerError
from runner.leaderboard.contenders import SuiteVersion
from runner.reports.fact_sheet import FactSheet
from runner.scores.policy import ScoringPolicy
from runner.scores.rank_range import RankRange
from runner.scores.score import Score


@dataclass(frozen=True)
class LeaderboardEntry:
    """One evaluation on the leaderboard.

    Attributes:
        rank: None if the evaluation is not ranked, and ``unranked`` says why.
        score: the primary metric over the suite, if there is one.
        probability_better: that it is better than the next in the table, as ``Comparisons`` has it.
        outcomes: how many cases ended in which way.
        digest: the image's registry digest, or its ID where it has none.
        curve: the primary metric at each budget, if the suite has several.
        is_baseline: whether the organizer's file of submitters marks it as one.
        facts: the image's fact sheet.
    """

    rank: RankRange | None
    submitter: str
    image: str
    digest: str
    score: Score | None
    probability_better: float | None
    outcomes: Mapping[str, int]
    unranked: str | None
    report: Path
    curve: tuple[Score, ...] = ()
    is_baseline: bool = False
    facts: FactSheet | None = None


@dataclass(frozen=True)
class PastEvaluation:
    """One evaluation in a submitter's history; ``value`` is None if it is not scored."""

    created: str
    image: str
    digest: str
    value: float | None


@dataclass(frozen=True)
class Leaderboard:
    """The entries in their order, those that are not ranked last.

    Attributes:
        adds: what the primary metric adds up, in words.
        population: the runs, scenarios and models that the best entry's score is over.
        probabilities: [i][j], that ranked entry i is better than j, as ``Comparisons`` has it.
        attempts: every evaluation of each submitter, the earliest first, also those that are not
            shown because another one is better.
        faults: what single reports met while they were ranked; their entries are not ranked.
        others: further versions of the suite whose reports lie in the same place.
    """

    suite: str
    suite_version: str
    suite_digest: str
    policy: ScoringPolicy
    adds: str
    population: str
    entries: tuple[LeaderboardEntry, ...]
    probabilities: tuple[tuple[float, ...], ...]
    attempts: Mapping[str, tuple[PastEvaluation, ...]]
    faults: tuple[RunnerError, ...] = ()
    others: tuple[SuiteVersion, ...] = ()

    @property
    def budgets(self) -> tuple[str, ...]:
        """Return the budgets of the suite in words, the smallest first; none if it has one."""
        found = (score.group for entry in self.entries for score in entry.curve)
        return tuple(str(group) for group in dict.fromkeys(found))

    @property
    def others_note(self) -> str | None:
        """Return one line about the other versions of the suite; None if there are none."""
        if not self.others:
            return None
        listed = "; ".join(map(str, self.others))
        return f"not shown: evaluations on {listed}. --suite VERSION or DIGEST shows them"


def leaderboard_rows(board: Leaderboard) -> list[dict[str, Any]]:
    """Return one row per entry for programs: plain values, texts as they are."""
    return [
        {
            "rank": None if entry.rank is None else str(entry.rank),
            "rank_best": None if entry.rank is None else entry.rank.best,
            "rank_worst": None if entry.rank is None else entry.rank.worst,
            "submitter": entry.submitter,
            "image": entry.image,
            "metric": board.policy.primary,
            "value": None if entry.score is None else entry.score.value,
            "low": None if entry.score is None else entry.score.low,
            "high": None if entry.score is None else entry.score.high,
            "note": None if entry.score is None else entry.score.note,
            "probability_better_than_next": entry.probability_better,
            "by_budget": {str(score.group): score.value for score in entry.curve},
            "targets": None if entry.score is None else entry.score.targets,
            "runs": None if entry.score is None else entry.score.runs,
            "scenarios": None if entry.score is None else entry.score.scenarios,
            "models": None if entry.score is None else entry.score.models,
            "outcomes": dict(entry.outcomes),
            "unranked": entry.unranked,
            "is_baseline": entry.is_baseline,
            "digest": entry.digest,
            "facts": None if entry.facts is None else entry.facts.model_dump(exclude_defaults=True),
            "report": str(entry.report),
        }
        for entry in board.entries
    ]
