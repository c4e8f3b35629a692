"""Scores over the budget: how many instances of each eval run are revealed."""

from collections.abc import Collection
from dataclasses import replace

import polars as pl

from runner.scores.aggregation import score_targets
from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from runner.scores.records import BUDGET
from runner.scores.score import Score


def score_budgets(
    records: pl.DataFrame,
    policy: ScoringPolicy,
    *,
    intervals: bool,
    metrics: Collection[str] = tuple(METRICS),
) -> list[Score]:
    """Return every metric over the suite at each budget, the smallest first; none for one budget.

    The category is ``budget``, the group how many instances are revealed.
    """
    budgets = sorted(records[BUDGET].drop_nulls().unique())
    if len(budgets) < 2:  # noqa: PLR2004
        return []
    return [
        replace(score, category=BUDGET, group=str(budget))
        for budget in budgets
        for score in score_targets(
            records.filter(pl.col(BUDGET) == budget),
            policy=policy,
            intervals=intervals,
            metrics=metrics,
        )
    ]
