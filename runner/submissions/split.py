"""The public and the private split of a suite's eval runs, by what the suite holds out.

While a competition runs, submitters learn scores on the public split only. The score on the private
split, which nothing published has used, decides at the end.
"""

import hashlib
import math
from collections.abc import Collection, Mapping
from typing import Any

from runner.contract.layout import RUN_NAME
from runner.errors import UsageError
from runner.reports.report import CaseRecord, Report
from runner.reports.scoring import with_scores
from runner.scores.records import describe_runs
from runner.submissions.bounded_losses import bound_report
from runner.submissions.rules import Rules

FEWEST_GROUPS = 4

Group = tuple[str | None, ...]


def split_groups(
    run_specs: Mapping[str, Mapping[str, Any]], choices: Mapping[str, Any]
) -> dict[str, Group]:
    """Return the group of each run; runs of one group are on one side of the split.

    If the suite holds out models, all runs of a model are one group, and so for scenarios: what is
    learned of one run of a model tells of its others. Else the runs of one scenario and model are.

    Args:
        run_specs: of the runs that have targets which count. Others would take their places on the
            public split, where nobody could be told of any score then.
        choices: the suite's.
    """
    described = describe_runs(run_specs).select(RUN_NAME, "scenario", "model")
    rows = [(str(run), scenario, model) for run, scenario, model in described.iter_rows()]
    scenarios, models = ({row[1] for row in rows}, {row[2] for row in rows})
    by = str(dict(choices.get("division") or {}).get("by"))
    if by == "scenario_and_model":  # one of the two: no split parts both without losing runs
        by = "model" if len(models) >= len(scenarios) else "scenario"

    def group(run: str, scenario: str | None, model: str | None) -> Group:
        if by == "scenario" and scenario:
            return (scenario,)
        if by in {"model", "model_deployment"} and model:
            return (model,)
        return (scenario, model) if scenario or model else (run,)

    return {row[0]: group(*row) for row in rows}


def public_groups(groups: Mapping[str, Group], rules: Rules) -> dict[str, Group]:
    """Return the runs of the public split with their groups, the same ones for the same rules.

    Raises:
        UsageError: there are too few groups to be divided.
    """
    drawn = sorted(set(groups.values()), key=lambda group: _draw(rules.seed, group))
    if len(drawn) < FEWEST_GROUPS:
        raise UsageError(
            f"The suite evaluates {len(drawn)} groups of runs that share what is held out. A "
            f"public and a private split need at least {FEWEST_GROUPS}. Hold out a larger share, "
            "or evaluate without a ledger."
        )
    count = min(max(2, math.ceil(rules.public_share * len(drawn))), len(drawn) - 2)
    return {run: group for run, group in groups.items() if group in set(drawn[:count])}


def _draw(seed: str, group: Group) -> bytes:
    return hashlib.sha256(repr((seed, group)).encode()).digest()


def public_runs(report: Report, rules: Rules) -> dict[str, Group]:
    """Return the public runs of a report, with their groups."""
    policy = report.scoring
    is_of_runs = policy.primary_metric.kind == "stat"
    scored = {
        target.run_spec_name
        for case in report.cases
        for target in (case.targets if is_of_runs else case.instance_targets)
        if policy.counts(target.name["name"])
    }
    specs = {run: spec for run, spec in report.eval_run_specs.items() if run in scored}
    return public_groups(split_groups(specs, report.suite.choices), rules)


def private_report(report: Report, rules: Rules) -> Report:
    """Return the report with the targets of the private split alone, scored by bounded losses."""
    private = report.eval_run_specs.keys() - public_runs(report, rules).keys()
    return with_scores(bound_report(restrict_report(report, private)))


def restrict_report(report: Report, runs: Collection[str]) -> Report:
    """Return the report with the targets of some eval runs, and no scores."""

    def restrict(case: CaseRecord) -> CaseRecord:
        kept = {
            name: tuple(each for each in getattr(case, name) if each.run_spec_name in runs)
            for name in ("targets", "instance_targets")
        }
        return case.model_copy(update=kept)

    return report.model_copy(update={"cases": tuple(map(restrict, report.cases)), "scores": ()})
