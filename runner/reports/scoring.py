"""Predictions beside actuals, and the scores that follow from them, in the words of a report."""

import polars as pl

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.reports.records import report_records
from runner.reports.report import Report, TargetRecord
from runner.scores.aggregation import score_budgets, score_targets
from runner.scores.score import Score
from runner.suites.actuals import Basis

OF_AN_INSTANCE = Basis(instances=1, sample_mean=None)
"""What the target of an instance is scored by."""


def target_record(
    target: Target | InstanceTarget,
    actual: Stat,
    predicted: Stat | None,
    baseline: float | None = None,
    basis: Basis = OF_AN_INSTANCE,
) -> TargetRecord:
    """Return the record of one target."""
    instance = target if isinstance(target, InstanceTarget) else None
    return TargetRecord(
        run_spec_name=target.run_spec_name,
        instance_id=instance.instance_id if instance else None,
        train_trial_index=instance.train_trial_index if instance else None,
        name=actual.name.to_json(),
        actual=actual.to_json(),
        predicted=None if predicted is None else predicted.to_json(),
        baseline=baseline,
        sample_mean=basis.sample_mean,
        instances=basis.instances,
    )


def with_scores(report: Report, records: pl.DataFrame | None = None) -> Report:
    """Return the report with the scores that follow from its targets, none if it is unfinished.

    Args:
        records: the report's, if they are known already.
    """
    scores: list[Score] = []
    budget_scores: list[Score] = []
    if report.is_scored:
        records, policy = report_records(report) if records is None else records, report.scoring
        scores = score_targets(records, policy=policy, intervals=True)
        budget_scores = score_budgets(records, policy, intervals=True)
    return report.model_copy(
        update={"scores": tuple(scores), "budget_scores": tuple(budget_scores)}
    )
