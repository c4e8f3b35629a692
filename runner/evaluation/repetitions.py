"""Repeated runs of the same cases, compared with the first run. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.contract.stat import Stat
from runner.evaluation.input_changes import InputChange
from runner.evaluation.verdict import JudgedCase
from runner.reports.records import report_records
from runner.reports.report import CaseRecord, Report
from runner.sandbox.outcome import Outcome
from runner.scores.aggregation import score_targets
from runner.scores.stability import (
    CaseComparison,
    compare_case,
    summarize_probe,
    summarize_repetition,
)


@dataclass(frozen=True)
class RunAgain:
    """The cases run again with one input change: as judged cases and as report records."""

    judged: Sequence[JudgedCase]
    records: Sequence[CaseRecord]


def with_repetitions(
    report: Report, first: Sequence[JudgedCase], again: Mapping[InputChange, RunAgain]
) -> Report:
    """Return the report with a comparison of each input change with the first run."""
    if not again:
        return report
    tolerance = report.scoring.tolerance
    first_score = _primary(report)
    repetitions, sensitivity = [], None
    for change, runs in again.items():
        pairs = zip(first, runs.judged, strict=True)
        cases = [_compare(one, other, tolerance) for one, other in pairs]
        if change.renames:
            sensitivity = summarize_probe(cases)
        else:
            score = _primary(report.model_copy(update={"cases": tuple(runs.records)}))
            repetitions.append(summarize_repetition(change.name, cases, score, first_score))
    found = {"repetitions": tuple(repetitions), "sensitivity": sensitivity}
    return report.model_copy(update=found)


def _compare(first: JudgedCase, again: JudgedCase, tolerance: float) -> CaseComparison:
    return compare_case(
        first.run.output.files,
        again.run.output.files,
        _predicted(first),
        _predicted(again),
        tolerance,
    )


def _predicted(judged: JudgedCase) -> list[Stat | None]:
    """Return the predicted stats in the targets' order; empty if the case is not scored."""
    if judged.verdict.outcome is not Outcome.SCORED:
        return []
    stats = judged.verdict.predictions.stats
    instance_stats = judged.verdict.instance_predictions.stats
    return [
        *(stats.get(target) for target in judged.actuals.stats),
        *(instance_stats.get(target) for target in judged.actuals.instance_stats),
    ]


def _primary(report: Report) -> float | None:
    """Return the primary metric over the suite, None if the report is unfinished."""
    if not report.is_scored:
        return None
    policy = report.scoring
    scores = score_targets(report_records(report), policy=policy, metrics=(policy.primary,))
    return scores[0].value if scores else None
