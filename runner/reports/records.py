"""A report's records: the frame that is scored, and its files for users' own analysis."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from runner.reports.report import CaseRecord, Report, TargetRecord
from runner.sandbox.outcome import Outcome
from runner.scores.records import (
    ACTUAL_SIDE,
    SIDE,
    StatKey,
    describe_runs,
    make_records,
    side_frame,
    stat_key,
)

RECORDS_JSONL = "records.jsonl"
RECORDS_PARQUET = "records.parquet"

Describe = Callable[[Mapping[str, Mapping[str, Any]]], pl.DataFrame]


def report_records(report: Report, describe: Describe = describe_runs) -> pl.DataFrame:
    """Return one row per target of a report; see ``runner.scores.records.make_records``.

    Args:
        describe: returns the columns of its runs: all that are revealed, or ``name_runs``.
    """
    predicted: list[tuple[Any, ...]] = []
    actual: list[tuple[Any, ...]] = []
    keys: dict[str, StatKey] = {}
    for case, target in _targets(report.cases):
        name = repr(target.name)  # there are few, and as values 1 and true would be the same
        key = keys.get(name) or keys.setdefault(name, stat_key(target.name))
        place = _place(case, target, key)
        if target.predicted is not None:
            predicted.append((*place, target.predicted["mean"], target.predicted.get("stddev")))
        values = (target.actual["mean"], target.actual.get("stddev"))
        more = (
            case.budget,
            case.replicate,
            key.perturbed_by,
            key.computed_on,
            target.baseline,
            target.sample_mean,
            target.instances,
            case.outcome,
            _reason(case),
        )
        actual.append((*place, *values, *more))
    return make_records(
        side_frame(predicted, SIDE),
        side_frame(actual, ACTUAL_SIDE),
        describe(report.eval_run_specs),
        report.scoring.worst,
    )


def record_files(records: pl.DataFrame) -> dict[str, bytes]:
    """Return the records as JSON lines and as Parquet, by file name."""
    lines, parquet = io.BytesIO(), io.BytesIO()
    records.write_ndjson(lines)
    records.write_parquet(parquet)
    return {RECORDS_JSONL: lines.getvalue(), RECORDS_PARQUET: parquet.getvalue()}


def _targets(cases: Iterable[CaseRecord]) -> Iterator[tuple[CaseRecord, TargetRecord]]:
    for case in cases:
        for target in (*case.targets, *case.instance_targets):
            yield case, target


def _place(case: CaseRecord, target: TargetRecord, key: StatKey) -> tuple[Any, ...]:
    name = (key.stat, key.split, key.sub_split, key.perturbation)
    instance = (target.instance_id, target.train_trial_index)
    return (case.id, target.run_spec_name, *name, *instance)


def _reason(case: CaseRecord) -> str | None:
    """Return why a case has no predictions, in the runner's own words."""
    if case.outcome is Outcome.SCORED:
        return None
    return case.outcome if case.cause is None else f"{case.outcome}: {case.cause}"
