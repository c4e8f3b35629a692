"""A report's records: the frame that is scored."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.errors import SuiteError
from runner.reports.report import CaseRecord, Report
from runner.sandbox.outcome import Outcome
from runner.scores.records import (
    BUDGET,
    KEY,
    TARGETS,
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
    columns: dict[str, list[Any]] = {name: [] for name in TARGETS}
    for case in report.cases:
        for name, cells in _columns(case, keys).items():
            columns[name] += cells
    if len(set(zip(*(columns[name] for name in KEY), strict=True))) < len(columns[RUN_NAME]):
        raise SuiteError(
            "a target stands in the report twice, so it was changed after it was written: "
            "`runner evaluate` makes it again"
        )
    targets = target_frame(columns)
    return make_records(targets, describe(report.eval_run_specs), report.scoring.worst)


def _columns(case: CaseRecord, keys: _Keys) -> Mapping[str, Sequence[Any]]:
    """Return the columns TARGETS of a case's targets.

    Args:
        keys: those of names that were met before: there are few names.
    """
    targets = (*case.targets, *case.instance_targets)
    names = [_key(target.name, keys) for target in targets]
    predicted = [target.predicted or {} for target in targets]
    of_case = {
        "case": case.id,
        BUDGET: case.budget,
        "replicate": case.replicate,
        "outcome": case.outcome,
        "reason": _reason(case),
    }
    return {
        **{name: [value] * len(targets) for name, value in of_case.items()},
        RUN_NAME: [target.run_spec_name for target in targets],
        **{part: [name[place] for name in names] for place, part in enumerate(StatKey._fields)},
        "instance_id": [target.instance_id for target in targets],
        "train_trial_index": [target.train_trial_index for target in targets],
        "predicted_mean": [stat.get("mean") for stat in predicted],
        "predicted_stddev": [stat.get("stddev") for stat in predicted],
        "actual_mean": [target.actual["mean"] for target in targets],
        "actual_stddev": [target.actual.get("stddev") for target in targets],
        "baseline": [target.baseline for target in targets],
        "sample_mean": [target.sample_mean for target in targets],
        "instances": [target.instances for target in targets],
    }


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
