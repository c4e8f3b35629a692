"""The stats of a report as one table, predicted beside actual."""

from typing import Any

from runner.contract.stat import MetricName
from runner.reports.report import Report

TABLE_VALUES = ("mean", "min", "max", "count", "stddev", "sum", "sum_squared", "variance")
"""HELM's fields of a stat, the one that is scored first."""


def comparison_rows(report: Report) -> list[dict[str, Any]]:
    """Return one predicted and one actual row per target.

    Keys: run_spec, source ("predicted" or "actual"), name (the stat's full name; an instance's id
    goes before it), then HELM's fields of the stat, None if it has none. Targets without a
    prediction have an actual row only.
    """
    rows = []
    for target in (
        target for case in report.cases for target in (*case.targets, *case.instance_targets)
    ):
        for source, stat in (("predicted", target.predicted), ("actual", target.actual)):
            if stat is not None:
                name = str(MetricName.from_json(stat["name"]))
                if target.instance_id is not None:
                    name = f"{target.instance_id} {name}"
                values = {field: stat.get(field) for field in TABLE_VALUES}
                rows.append(
                    {"run_spec": target.run_spec_name, "source": source, "name": name, **values}
                )
    return rows
