"""What each target adds to the sums that metrics are functions of."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl

from runner.scores.formulas import BINS, COVERAGE_LEVEL, COVERAGE_STDDEVS, TERM, Array, Sums
from runner.scores.metrics import Kind

FARTHEST_Z = 40.0
"""Beyond it the normal distribution is 0 or 1 in double precision."""

SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Log loss takes a probability as at least this far from 0 and 1, as scikit-learn does."""


@cache
def sum_terms(kind: Kind) -> Sequence[pl.Expr]:
    """Return, for each field of ``Sums``, what is summed over the rows that have an error."""
    absolute = pl.col("error").abs()
    actual = pl.col("actual_mean") - pl.col("actual_mean").min()
    predicted = pl.col("predicted_mean") - pl.col("predicted_mean").min()
    is_pair = pl.col("predicted_mean").is_not_null()
    has_stddev = pl.col("predicted_stddev") > 0
    half = pl.when(has_stddev).then(COVERAGE_STDDEVS * pl.col("predicted_stddev")).otherwise(0.0)
    inside = absolute <= COVERAGE_STDDEVS * pl.col("predicted_stddev")
    terms = {
        "weight": pl.lit(1.0),
        "absolute": absolute,
        "squared": pl.col("error").pow(2),
        "actual": actual,
        "actual_squared": actual.pow(2),
        "pairs": is_pair,
        "pair_error": pl.col("error") * is_pair,
        "pair_actual": actual * is_pair,
        "pair_actual_squared": actual.pow(2) * is_pair,
        "predicted": predicted,
        "predicted_squared": predicted.pow(2),
        "product": actual * predicted,
        "absolute_with_baseline": absolute * pl.col("baseline").is_not_null(),
        "baseline_absolute": (pl.col("baseline") - pl.col("actual_mean")).abs(),
        "absolute_with_sample": absolute * pl.col("sample_mean").is_not_null(),
        "sample_absolute": (pl.col("sample_mean") - pl.col("actual_mean")).abs(),
        "with_stddev": has_stddev.fill_null(value=False),
        "inside": inside & has_stddev,
        "width": 2 * half * has_stddev,
        "interval_score": 2 * half + (absolute - half).clip(0) * 2 / (1 - COVERAGE_LEVEL),
        "crps": pl.col("crps"),
        "log_loss": _log_loss_of_one(),
        **_errors_by_bin(),
    }
    if kind != "binary":
        terms |= dict.fromkeys(("log_loss", *BINS), pl.lit(0.0))
    return [terms[field].cast(pl.Float64).alias(TERM + field) for field in Sums._fields]


def crps_of_normal(actual: Array, mean: Array, stddev: Array) -> Array:
    """Return the CRPS of Normal(mean, stddev), each ``stddev`` above 0, at the actual values.

    error * (2 Phi(z) - 1) + stddev * (2 phi(z) - 1 / sqrt(pi)), with error = actual - mean and
    z = error / stddev. With the smallest ``stddev`` z overflows, the score does not.
    """
    from scipy.special import ndtr  # noqa: PLC0415  (slow, suites are built without it)

    error = actual - mean
    with np.errstate(over="ignore"):
        z = np.clip(error / stddev, -FARTHEST_Z, FARTHEST_Z)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    found: Array = error * (2 * ndtr(z) - 1) + stddev * (2 * density - 1 / np.sqrt(np.pi))
    return found


def _log_loss_of_one() -> pl.Expr:
    of_one = pl.col("predicted_mean").clip(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return -pl.when(pl.col("actual_mean") == 1).then(of_one.log()).otherwise((1 - of_one).log())


def _errors_by_bin() -> dict[str, pl.Expr]:
    probability = pl.col("predicted_mean").clip(0, 1)
    number = ((probability * len(BINS)).ceil() - 1).clip(0)
    error = probability - pl.col("actual_mean")
    return {name: error * (number == place) for place, name in enumerate(BINS)}
