"""A report's records: the frame that is scored."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from runner.errors import SuiteError
from runner.reports.report import CaseRecord, Report
from runner.sandbox.outcome import Outcome
from runner.scores.records import (
    KEY,
    StatKey,
    describe_runs,
    make_records,
    stat_key,
    target_frame,
)

_Keys = dict[tuple[str | None, ...], StatKey]

Describe = Callable[[Mapping[str, Mapping[str, Any]]], pl.DataFrame]


def report_records(report: Report, describe: Describe = describe_runs) -> pl.DataFrame:
    """Return one row per target of a report; see ``runner.scores.records.make_records``.

    Args:
        describe: returns the columns of its runs: all that are revealed, or ``name_runs``.

    Raises:
        SuiteError: a target stands in it twice.
    """
    keys: _Keys = {}
    rows = [row for case in report.cases for row in _rows(case, keys)]
    if len({row[: len(KEY)] for row in rows}) < len(rows):
        raise SuiteError(
            "a target stands in the report twice, so it was changed after it was written: "
            "`runner evaluate` makes it again"
        )
    return make_records(target_frame(rows), describe(report.eval_run_specs), report.scoring.worst)


def _rows(case: CaseRecord, keys: _Keys) -> list[tuple[Any, ...]]:
    """Return the case's targets, with what ``TARGETS`` names of each.

    Args:
        keys: those of names that were met before: there are few names.
    """
    reason = _reason(case)
    rows = []
    for target in (*case.targets, *case.instance_targets):
        key = _key(target.name, keys)
        predicted = target.predicted or {}
        row = (
            case.id,
            target.run_spec_name,
            *key[:_OF_KEY],
            target.instance_id,
            target.train_trial_index,
            predicted.get("mean"),
            predicted.get("stddev"),
            target.actual["mean"],
            target.actual.get("stddev"),
            case.budget,
            case.replicate,
            key.perturbed_by,
            key.computed_on,
            target.baseline,
            target.sample_mean,
            target.instances,
            case.outcome,
            reason,
        )
        rows.append(row)
    return rows


_OF_KEY = StatKey._fields.index("perturbation") + 1


def _key(name: Mapping[str, Any], keys: _Keys) -> StatKey:
    perturbation = name.get("perturbation")
    # As values 1 and true would be the same.
    as_text = None if perturbation is None else repr(perturbation)
    parts = (name["name"], name.get("split"), name.get("sub_split"), as_text)
    return keys.get(parts) or keys.setdefault(parts, stat_key(name))


def _reason(case: CaseRecord) -> str | None:
    """Return why a case has no predictions, in the runner's own words."""
    if case.outcome is Outcome.SCORED:
        return None
    return case.outcome if case.cause is None else f"{case.outcome}: {case.cause}"
