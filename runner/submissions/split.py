"""The public and the private split of a suite's eval runs, by what the suite holds out.

While a competition runs, submitters learn scores on the public split only. The score on the private
split, which nothing published has used, decides at the end.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from runner.contract.layout import RUN_NAME
from runner.errors import UsageError
from runner.reports.report import CaseRecord, Report
from runner.reports.scoring import with_scores
from runner.scores.policy import ScoringPolicy
from runner.scores.records import describe_runs
from runner.scores.scenarios import scenario_text
from runner.submissions.bounded_losses import ZERO_OR_ONE, bound_report
from runner.submissions.rules import Rules

FEWEST_GROUPS = 4

Group = tuple[str | None, ...]

Specs = Mapping[str, Mapping[str, Any]]
"""Of runs, by their names."""


def scored_specs(
    run_specs: Specs, stats: Iterable[tuple[str, str, float | None]], policy: ScoringPolicy
) -> Specs:
    """Return the specs of the runs that a ledger's score is of.

    Others would take their places on the public split, where nobody could be told of a score then:
    those without a target that counts, those without a stat that the metric is of, and those of a
    scenario that weighs nothing.

    Args:
        stats: the run, the stat's name and the actual mean of each target; of runs if the primary
            metric is of those, else of instances.
    """
    kind = policy.primary_metric.kind
    rows = [row for row in stats if policy.counts(row[1])]
    if kind != "stat":
        others = {name for _, name, mean in rows if mean not in ZERO_OR_ONE}
        rows = [row for row in rows if (row[1] in others) == (kind == "instance")]
    scored = {run for run, _, _ in rows}
    return {
        run: spec
        for run, spec in run_specs.items()
        if run in scored and policy.scenario_weights.get(scenario_text(spec) or "", 1.0)
    }


def split_groups(run_specs: Specs, choices: Mapping[str, Any]) -> dict[str, Group]:
    """Return the group of each run; runs of one group are on one side of the split.

    If the suite holds out models, all runs of a model are one group, and so for scenarios: what is
    learned of one run of a model tells of its others. Else the runs of one scenario and model are.

    Args:
        run_specs: as ``scored_specs`` returns them.
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
    is_of_runs = report.scoring.primary_metric.kind == "stat"
    stats = (
        (target.run_spec_name, target.name["name"], target.actual["mean"])
        for case in report.cases
        for target in (case.targets if is_of_runs else case.instance_targets)
    )
    specs = scored_specs(report.eval_run_specs, stats, report.scoring)
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
