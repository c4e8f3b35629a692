"""Which of a submitter's reports counts at the end: the one with the best public score.

By the private score every further submission would be a ticket: of many random changes of one
predictor some are better on the private split, by chance alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runner.files.submitter_names import identity
from runner.reports.report import Report
from runner.submissions.public_score import score_public
from runner.submissions.rules import Rules
from runner.submissions.split import public_runs

PASSED_OVER = "another image of its submitter counts, whose score on the public split is better"


@dataclass(frozen=True)
class Candidate:
    """A report that may count for its submitter, and its exact score on the public split."""

    path: Path
    submitter: str
    created: str
    public: float


def find_candidate(path: Path, report: Report, rules: Rules) -> Candidate | None:
    """Return the report as a candidate; None if it is nobody's, or was not scored."""
    found = score_public(report, public_runs(report, rules)) if report.meets_policy else None
    if report.submitter is None or found is None:
        return None
    return Candidate(path, report.submitter, report.created, found[0].value)


def find_passed_over(candidates: Iterable[Candidate]) -> dict[Path, str]:
    """Return why reports do not count: of each submitter one does, of equal ones the earliest."""
    counted: set[str] = set()
    passed_over = {}
    for each in sorted(candidates, key=lambda each: (each.public, each.created, str(each.path))):
        if identity(each.submitter) in counted:
            passed_over[each.path] = PASSED_OVER
        counted.add(identity(each.submitter))
    return passed_over
