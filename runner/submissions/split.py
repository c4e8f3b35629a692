"""The public and the private split of a suite's targets, by eval run.

While a competition runs, submitters learn scores on the public split only. The score on the private
split, which nothing published has used, decides at the end.
"""

import hashlib
import math
from collections.abc import Collection, Mapping
from typing import Any

from runner.contract.layout import RUN_NAME
from runner.errors import UsageError
from runner.reports.records import report_records
from runner.reports.report import CaseRecord, Report
from runner.reports.scoring import with_scores
from runner.scores.aggregation import replicate_primary
from runner.scores.records import describe_runs
from runner.submissions.ladder import PublicScore
from runner.submissions.rules import Rules

FEWEST_GROUPS = 4


def public_runs(run_specs: Mapping[str, Mapping[str, Any]], rules: Rules) -> frozenset[str]:
    """Return the eval runs of the public split, the same ones for the same rules.

    All runs of one scenario and model, e.g. of several deployments, are in the same split: their
    stats are nearly the same.

    Raises:
        UsageError: there are too few runs to be divided.
    """
    groups: dict[tuple[str | None, ...], list[str]] = {}
    for run, *group in describe_runs(run_specs).select(RUN_NAME, "scenario", "model").iter_rows():
        groups.setdefault(tuple(group) if any(group) else (run,), []).append(run)
    if len(groups) < FEWEST_GROUPS:
        raise UsageError(
            f"The suite evaluates {len(groups)} pairs of scenario and model. A public and a "
            f"private split need at least {FEWEST_GROUPS}. Evaluate without a ledger."
        )
    drawn = sorted(groups, key=lambda group: _draw(rules.seed, group))
    count = min(max(2, math.ceil(rules.public_share * len(drawn))), len(drawn) - 2)
    return frozenset(run for group in drawn[:count] for run in groups[group])


def _draw(seed: str, group: tuple[str | None, ...]) -> bytes:
    return hashlib.sha256(repr((seed, group)).encode()).digest()


def score_public(report: Report, runs: Collection[str]) -> PublicScore | None:
    """Return the primary metric on the public split, None if it has no value there."""
    public = restrict_report(report, runs)
    policy = public.scoring
    found = replicate_primary(report_records(public), policy)
    if found is None:
        return None
    left_out = tuple(float(value) for value in found.pairs)
    targets = sum(len(case.targets) + len(case.instance_targets) for case in public.cases)
    return PublicScore(found.point, left_out, targets)


def private_report(report: Report, rules: Rules) -> Report:
    """Return the report with the targets of the private split alone, scored on them."""
    public = public_runs(report.eval_run_specs, rules)
    return with_scores(restrict_report(report, report.eval_run_specs.keys() - public))


def restrict_report(report: Report, runs: Collection[str]) -> Report:
    """Return the report with the targets of some eval runs, and no scores."""

    def restrict(case: CaseRecord) -> CaseRecord:
        kept = {
            name: tuple(each for each in getattr(case, name) if each.run_spec_name in runs)
            for name in ("targets", "instance_targets")
        }
        return case.model_copy(update=kept)

    return report.model_copy(update={"cases": tuple(map(restrict, report.cases)), "scores": ()})
