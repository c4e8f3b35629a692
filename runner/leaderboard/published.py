"""What participants may see of a closed evaluation: one outcome word, and the primary score.

Whatever else differs from one submission to the next is a digit that a predictor can choose, to
carry out what it read or to probe the actuals: other metrics (the largest error is a target's own),
intervals, counts, times, outcomes of single cases, texts. Made by an allow-list, so that a field
that reports get later stays out until it is named here.
"""

from dataclasses import dataclass
from typing import Any

from runner.reports.report import Report, why_unranked
from runner.sandbox.outcome import Outcome
from runner.scores.gate import GateResult
from runner.scores.rank_range import Standing

DECIMALS = 4
"""Digits after the point of a published score."""


@dataclass(frozen=True)
class CheckedReport:
    """A report, its results at the gates, and its standing among others.

    Attributes:
        standing: None if it can't be ranked, or no others were named to rank it among.
    """

    report: Report
    gates: tuple[GateResult, ...] = ()
    standing: Standing | None = None

    @property
    def is_below_gate(self) -> bool:
        """Return whether a gate is not met."""
        return not all(result.is_met for result in self.gates)

    @property
    def status(self) -> str:
        """Return in a few words how the evaluation ended."""
        unranked = why_unranked(self.report)
        if unranked is not None:
            return f"not scored: {unranked}"
        return "scored, but below the gate" if self.is_below_gate else "scored"

    @property
    def outcome(self) -> str:
        """Return the one word that participants learn of how it ended."""
        return outcome_word(self.report)

    @property
    def published_score(self) -> float | None:
        """Return what participants learn of the primary score; None if it can't be ranked."""
        return published_score(self.report)


def outcome_word(report: Report) -> str:
    """Return the outcome of the first case that was not scored, or ``scored``.

    ``not_repeatable`` if all were, but not as deterministically as the suite requires.
    """
    unscored = [case.outcome for case in report.cases if case.outcome is not Outcome.SCORED]
    if unscored:
        return str(unscored[0])
    return "scored" if report.meets_policy else "not_repeatable"


def published_score(report: Report) -> float | None:
    """Return the primary score over the suite, rounded; None if the report can't be ranked."""
    score = report.score(report.scoring.primary)
    if not report.meets_policy or score is None or score.value is None:
        return None
    return round(score.value, DECIMALS)


def published_gate(result: GateResult) -> str:
    """Return whether a gate is met, without the score."""
    return f"{'meets' if result.is_met else 'is below'} the gate: {result.gate}"


def published_record(checked: CheckedReport) -> dict[str, Any]:
    """Return the evaluation as JSON for participants."""
    report, value = checked.report, checked.published_score
    fields = {"runner_version", "seed", "image", "submitter", "scoring"}
    suite = report.suite
    return {
        **report.model_dump(mode="json", include=fields),
        "suite": {"name": suite.name, "version": suite.version, "digest": suite.digest},
        "outcome": checked.outcome,
        "scores": [] if value is None else [{"metric": report.scoring.primary, "value": value}],
        "rank": None if checked.standing is None else str(checked.standing),
        "gates": [{"gate": str(each.gate), "is_met": each.is_met} for each in checked.gates],
    }
