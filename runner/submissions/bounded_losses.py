"""The largest loss of a target in a competition, on both splits.

On the private one, a single huge error would make a score vary so much that nobody is clearly
better: who predicts badly would share every rank, and the winner not be first alone.
"""

from runner.reports.report import CaseRecord, Report, TargetRecord
from runner.scores.policy import ScoringPolicy

LARGEST_BRIER = 1.0

ZERO_OR_ONE = (0.0, 1.0)
"""What a target of a Brier score is; others of instances don't count in it."""


def largest_loss(policy: ScoringPolicy) -> float:
    """Return the largest error of a target that counts."""
    return LARGEST_BRIER if policy.primary == "brier" else policy.largest_loss


def bound_report(report: Report) -> Report:
    """Return the report with each prediction of its primary metric no farther from its actual."""
    policy = report.scoring
    field = "targets" if policy.primary_metric.kind == "stat" else "instance_targets"
    is_brier, most = policy.primary == "brier", largest_loss(policy)

    def bound(target: TargetRecord) -> TargetRecord:
        actual = target.actual["mean"]
        if target.predicted is None or (is_brier and actual not in ZERO_OR_ONE):
            return target
        mean = min(max(target.predicted["mean"], actual - most), actual + most)
        if mean == target.predicted["mean"]:
            return target
        return target.model_copy(update={"predicted": {**target.predicted, "mean": mean}})

    def bound_case(case: CaseRecord) -> CaseRecord:
        return case.model_copy(update={field: tuple(map(bound, getattr(case, field)))})

    return report.model_copy(update={"cases": tuple(map(bound_case, report.cases))})
