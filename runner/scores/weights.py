"""What a target weighs: its stat's instances within its run, and every run the same."""

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.scores.policy import ScoringPolicy

WEIGHT, STAT_WEIGHT = "weight", "stat_weight"


def weigh(records: pl.DataFrame, policy: ScoringPolicy) -> pl.DataFrame:
    """Return the records that count, with ``weight``: instances times the stat's own weight.

    Copies of other targets, and stats that weigh 0, are left out.
    """
    of_stat = pl.col("stat").replace_strict(
        dict(policy.stat_weights) or {"": 1.0}, default=1.0, return_dtype=pl.Float64
    )
    return (
        records.with_columns(of_stat.alias(STAT_WEIGHT))
        .with_columns((pl.col("instances") * pl.col(STAT_WEIGHT)).alias(WEIGHT))
        .filter(pl.col(WEIGHT) > 0)
    )


def share_of_run() -> pl.Expr:
    """Return each target's share of its run's weights: each run has 1 in all."""
    return pl.col(WEIGHT) / pl.col(WEIGHT).sum().over(RUN_NAME)
