"""What participants may see of an evaluation: scores, outcomes, typed causes.

No actual, no prediction, no text of the predictor: its log, and the messages that quote its output,
may hold the inputs of a closed suite. Made by an allow-list, so that a field that reports get later
stays out until it is named here.
"""

from dataclasses import dataclass
from typing import Any

from runner.leaderboard.standing import Standing
from runner.reports.report import CaseRecord, Report, why_unranked
from runner.scores.gate import GateResult


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


def published_record(checked: CheckedReport) -> dict[str, Any]:
    """Return the evaluation as JSON for participants."""
    report = checked.report
    fields = {"runner_version", "created", "seed", "image", "submitter", "scoring", "scores"}
    suite = report.suite
    return {
        **report.model_dump(mode="json", include=fields),
        "suite": {"name": suite.name, "version": suite.version, "digest": suite.digest},
        "status": checked.status,
        "rank": None if checked.standing is None else str(checked.standing),
        "gates": [{"gate": str(each.gate), "is_met": each.is_met} for each in checked.gates],
        "cases": [_published_case(case) for case in report.cases],
    }


def _published_case(case: CaseRecord) -> dict[str, Any]:
    return {
        "id": case.id,
        "outcome": str(case.outcome),
        "cause": case.cause,
        "wall_seconds": round(case.wall_seconds, 1),
        "limits": dict(case.limits),
    }
