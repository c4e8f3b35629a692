"""Reduces a report to what a leaderboard needs to know of it."""

import hashlib
from collections import Counter
from functools import partial
from typing import Any

from runner.errors import RunnerError
from runner.files.bug_log import attempt
from runner.leaderboard.contenders import Contender
from runner.reports.records import report_records
from runner.reports.report import Report, why_unranked
from runner.reports.score_text import sum_text
from runner.scores.aggregation import replicate_primary
from runner.scores.clusters import Replicates
from runner.scores.records import name_runs


def make_contender(report: Report) -> Contender:
    """Return what a leaderboard needs to know of a report."""
    known: dict[str, Any] = {
        "suite": report.suite.name,
        "version": report.suite.version,
        "digest": report.suite.digest,
        "scoring": report.scoring,
        "runner_version": report.runner_version,
        "created": report.created,
        "image": report.image,
        "submitter": report.submitter,
        "identity": _digest(repr(report.scored_identity).encode()),
        "changes": len(report.input_changes),
        "targets": _count_targets(report),
        "adds": sum_text(report),
        "outcomes": Counter(str(case.outcome) for case in report.cases),
        "score": report.score(report.scoring.primary),
        "curve": report.budget_curve(report.scoring.primary),
    }
    unranked = why_unranked(report)
    if unranked is not None:
        return Contender(**known, unranked=unranked)
    found = attempt(partial(_replicate, report))
    if isinstance(found, RunnerError):
        return Contender(**known, unranked=str(found), fault=found)
    if found is None:
        score = known["score"]
        reason = score.reason if score else "no such targets"
        return Contender(**known, unranked=f"no {report.scoring.primary}: {reason}")
    return Contender(**known, replicates=found)


def _replicate(report: Report) -> Replicates | None:
    return replicate_primary(report_records(report, name_runs), report.scoring)


def _count_targets(report: Report) -> str:
    """Return a digest of how many targets each case has of each run."""
    counts = [
        (case.id, sorted(Counter([target.run_spec_name for target in targets]).items()))
        for case in report.cases
        for targets in [(*case.targets, *case.instance_targets)]
    ]
    return _digest(repr(sorted(counts)).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
