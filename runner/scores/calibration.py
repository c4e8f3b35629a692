"""Whether predicted uncertainty is right: at each level of intervals, and for each probability."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from runner.scores.formulas import BINS, Array
from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from runner.scores.prepared_targets import PreparedTargets, prepare
from runner.scores.weights import weigh

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""How often intervals should hold the actual."""


@dataclass(frozen=True)
class CalibrationPoint:
    """What should be, and what is; both from 0 to 1.

    Attributes:
        claimed: the intervals' level, or the mean of the predicted probabilities of a bin.
        found: the share of actuals within the intervals, or the share of ones.
        targets: of how many.
    """

    claimed: float
    found: float
    targets: int


def coverage_curve(records: pl.DataFrame, policy: ScoringPolicy) -> list[CalibrationPoint]:
    """Return how often predicted mean +- z predicted stddev holds the actual, for each level.

    At 0.95 it is the metric ``coverage``. Empty if no stat of a run has a stddev above 0.
    """
    targets = _prepare(records, "coverage", policy)
    rows = targets.rows.with_columns(pl.Series("share", targets.shares))
    rows = rows.filter(pl.col("predicted_stddev") > 0)
    if rows.is_empty():
        return []
    error, stddev, share = (
        rows[name].to_numpy() for name in ("error", "predicted_stddev", "share")
    )
    return [
        CalibrationPoint(
            level, _mean(np.abs(error) <= _half_width(level) * stddev, share), len(rows)
        )
        for level in LEVELS
    ]


def reliability(records: pl.DataFrame, policy: ScoringPolicy) -> list[CalibrationPoint]:
    """Return the share of ones for each of ten bins of predicted probability.

    These are the bins of the metric ``ece``; those without a target are left out. Empty if there
    are no stats that are 0 or 1.
    """
    targets = _prepare(records, "ece", policy)
    rows = targets.rows.with_columns(
        pl.Series("share", targets.shares), pl.col("predicted_mean").clip(0, 1)
    ).filter(pl.col("predicted_mean").is_not_null())
    probability, actual, share = (
        rows[name].to_numpy() for name in ("predicted_mean", "actual_mean", "share")
    )
    bins = np.clip(np.ceil(probability * len(BINS)) - 1, 0, None)
    return [
        CalibrationPoint(
            _mean(probability[at], share[at]), _mean(actual[at], share[at]), int(at.sum())
        )
        for at in (bins == number for number in range(len(BINS)))
        if at.any()
    ]


def _prepare(records: pl.DataFrame, metric: str, policy: ScoringPolicy) -> PreparedTargets:
    chosen = METRICS[metric]
    of_kind = records.filter(pl.col("kind") == chosen.targets)
    return prepare(weigh(of_kind, policy), [chosen], policy)


def _half_width(level: float) -> float:
    """Return of how many standard deviations half an interval is."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def _mean(values: Array | Sequence[bool], shares: Array) -> float:
    return float(np.average(values, weights=shares))
