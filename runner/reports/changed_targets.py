"""Which actuals differ between two reports of one evaluation, on two versions of a suite."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runner.contract.stat import MetricName
from runner.reports.report import Report, TargetRecord


@dataclass(frozen=True)
class ChangedTarget:
    """A target whose actual differs; the means in the stat's own unit.

    Attributes:
        instance_id: None but for a per-instance target.
    """

    case: str
    run_spec_name: str
    instance_id: str | None
    stat: str
    before: float | None
    now: float | None


def changed_targets(pairs: Iterable[tuple[Report, Report]]) -> list[ChangedTarget]:
    """Return the targets whose actuals differ in pairs of reports, each change once."""
    found: dict[ChangedTarget, None] = {}
    for before, now in pairs:
        earlier = dict(_targets(before))
        for place, target in _targets(now):
            was = earlier.get(place)
            if was is not None and was.actual != target.actual:
                found[_changed(place[0], was, target)] = None
    return list(found)


def _targets(report: Report) -> Iterator[tuple[tuple[Any, ...], TargetRecord]]:
    for case in report.cases:
        for each in (*case.targets, *case.instance_targets):
            name = json.dumps(each.name, sort_keys=True)
            instance = (each.instance_id, each.train_trial_index)
            yield (case.id, each.run_spec_name, *instance, name), each


def _changed(case: str, before: TargetRecord, now: TargetRecord) -> ChangedTarget:
    return ChangedTarget(
        case=case,
        run_spec_name=now.run_spec_name,
        instance_id=now.instance_id,
        stat=str(MetricName.from_json(now.name)),
        before=before.actual["mean"],
        now=now.actual["mean"],
    )
