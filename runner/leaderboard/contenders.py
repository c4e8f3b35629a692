"""What a leaderboard needs to know of each report."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from runner.errors import RunnerError
from runner.files.bug_log import attempt
from runner.reports.records import report_records
from runner.reports.report import ImageRecord, Report, why_unranked
from runner.reports.score_text import sum_text
from runner.scores.aggregation import replicate_primary
from runner.scores.clusters import Replicates
from runner.scores.policy import ScoringPolicy
from runner.scores.records import name_runs
from runner.scores.score import Score


def _replicates(given: Any) -> Replicates:
    if isinstance(given, Replicates):
        return given
    factors = (given[name] for name in ("scenarios", "models", "pairs"))
    return Replicates(float(given["point"]), *(np.array(each, np.float64) for each in factors))


def _lists(replicates: Replicates) -> dict[str, Any]:
    factors = {name: getattr(replicates, name) for name in ("scenarios", "models", "pairs")}
    return {"point": replicates.point, **{name: each.tolist() for name, each in factors.items()}}


class Contender(BaseModel):
    """A report as a leaderboard sees it.

    Attributes:
        identity: equal in two reports if their ``scored_identity`` is.
        changes: how many further runs it has.
        targets: equal in two reports if their cases have as many targets of each run.
        adds: what the primary metric adds up, in words.
        outcomes: how many cases ended in which way.
        score: the primary metric over the suite, if there is one.
        curve: the primary metric at each budget, if the suite has several.
        replicates: those of the primary metric; None if it can't be ranked, and ``unranked`` says
            why.
        fault: the error that it met, if that is why.
    """

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        ser_json_inf_nan="constants",
    )

    suite: str
    version: str
    digest: str
    scoring: ScoringPolicy
    runner_version: str
    created: str
    image: ImageRecord
    submitter: str | None
    identity: str
    changes: int
    targets: str
    adds: str
    outcomes: Mapping[str, int]
    score: Score | None
    curve: tuple[Score, ...]
    replicates: (
        Annotated[Replicates, PlainValidator(_replicates), PlainSerializer(_lists)] | None
    ) = None
    unranked: str | None = None
    fault: RunnerError | None = Field(default=None, exclude=True)


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
        (case.id, sorted(Counter(target.run_spec_name for target in targets).items()))
        for case in report.cases
        for targets in [(*case.targets, *case.instance_targets)]
    ]
    return _digest(repr(sorted(counts)).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
