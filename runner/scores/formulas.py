"""The formulas of the metrics that are sums over targets, each with its definition and source.

A formula is a function of ``Sums``, so the same code gives the score of a suite, of every category
of it, and without each scenario and model. It returns NaN where it is not defined;
``Metric.undefined`` says why.
"""

from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

COVERAGE_LEVEL = 0.95
COVERAGE_STDDEVS = NormalDist().inv_cdf(0.5 + COVERAGE_LEVEL / 2)

TERM = "sum."
"""Stands before the names of the columns that ``sum_terms`` makes."""

BINS = tuple(f"bin_{number}" for number in range(10))
"""The sums of errors by predicted probability."""

NO_VARIANCE = 1e-12
"""A variance below this share of the mean square is rounding: the values are all the same."""


class Sums(NamedTuple):
    """Weighted sums over targets that have an error; arrays of one shape: per group or weighting.

    ``weight`` is the sum of the weights alone. Those named ``pair`` and ``predicted`` leave out
    targets without a prediction. Means are counted from the smallest of all, so that their squares
    keep digits. ``bin_0`` to ``bin_9`` are errors of probabilities up to 0.1, 0.2 and so on.
    """

    weight: Array
    absolute: Array
    squared: Array
    actual: Array
    actual_squared: Array
    pairs: Array
    pair_error: Array
    pair_actual: Array
    pair_actual_squared: Array
    predicted: Array
    predicted_squared: Array
    product: Array
    absolute_with_baseline: Array
    baseline_absolute: Array
    absolute_with_sample: Array
    sample_absolute: Array
    with_stddev: Array
    inside: Array
    width: Array
    interval_score: Array
    crps: Array
    log_loss: Array
    bin_0: Array
    bin_1: Array
    bin_2: Array
    bin_3: Array
    bin_4: Array
    bin_5: Array
    bin_6: Array
    bin_7: Array
    bin_8: Array
    bin_9: Array


def mean_absolute_error(sums: Sums) -> Array:
    """Return the mean of |predicted - actual|, in the stat's own unit; 0 is perfect.

    Source: scikit-learn ``mean_absolute_error``.
    """
    return quotient(sums.absolute, sums.weight)


def root_mean_squared_error(sums: Sums) -> Array:
    """Return the root of the mean of (predicted - actual)**2, in the stat's own unit.

    Source: scikit-learn ``root_mean_squared_error``.
    """
    return np.sqrt(quotient(sums.squared, sums.weight))


def bias(sums: Sums) -> Array:
    """Return the mean of predicted - actual, in the stat's own unit; above 0: too high.

    Over the targets that are predicted: to leave one out is neither too high nor too low.
    """
    return quotient(sums.pair_error, sums.pairs)


def r_squared(sums: Sums) -> Array:
    """Return 1 - sum of squared errors / sum of squares of the actuals about their mean.

    No unit; 1 is perfect, 0 is what the actuals' own mean would have. Source: scikit-learn
    ``r2_score``.
    """
    return 1 - quotient(sums.squared, _squares(sums.actual, sums.actual_squared, sums.weight))


def pearson(sums: Sums) -> Array:
    """Return Pearson's correlation of predicted and actual over targets. No unit, -1 to 1.

    Predictions that are all the same have 0. Source: ``scipy.stats.pearsonr``, which gives them
    none.
    """
    actual = _squares(sums.pair_actual, sums.pair_actual_squared, sums.pairs)
    predicted = _squares(sums.predicted, sums.predicted_squared, sums.pairs)
    product = sums.product - quotient(sums.pair_actual * sums.predicted, sums.pairs)
    found = np.clip(quotient(product, np.sqrt(actual) * np.sqrt(predicted)), -1, 1)
    return np.where((predicted == 0) & (actual > 0), 0, found)


def skill(sums: Sums) -> Array:
    """Return 1 - MAE / MAE of the train mean, over the targets that have a train mean.

    No unit; 1 is perfect, 0 is as good as the baseline, below 0 is worse. Source: the skill
    score of Murphy (1988), Monthly Weather Review 116, with the mean absolute error.
    """
    return 1 - quotient(sums.absolute_with_baseline, sums.baseline_absolute)


def sample_skill(sums: Sums) -> Array:
    """Return 1 - MAE / MAE of the sample's own mean, over the targets that have one.

    The sample's own mean is that of the same stat over the revealed instances of the eval run, what
    who looks at nothing else would predict. No unit; 1 is perfect. Source: as ``skill``.
    """
    return 1 - quotient(sums.absolute_with_sample, sums.sample_absolute)


def coverage(sums: Sums) -> Array:
    """Return the share of actual means within predicted mean +- 1.96 predicted stddev.

    No unit; 0.95 is right. The predicted ``stddev`` is read as the predictor's own uncertainty of
    the mean, normally distributed. One of 0, which HELM writes into a Stat of a single value, is
    no claim and not counted.
    """
    return quotient(sums.inside, sums.with_stddev)


def mean_width(sums: Sums) -> Array:
    """Return the mean width of the 95 % intervals, of the targets that have a stddev above 0.

    In the stat's own unit; narrow is better where the coverage is right. Twice 1.96 stddev.
    """
    return quotient(sums.width, sums.with_stddev)


def interval_score(sums: Sums) -> Array:
    """Return the mean interval score of the 95 % intervals, in the stat's own unit; 0 is perfect.

    The width, and 40 times the distance of an actual that is outside. Without a stddev the interval
    is the predicted mean alone. Source: Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102,
    equation 43.
    """
    return quotient(sums.interval_score, sums.weight)


def crps(sums: Sums) -> Array:
    """Return the mean continuous ranked probability score of Normal(mean, stddev).

    In the stat's own unit; 0 is perfect. ``stddev`` is read as for the coverage; without one the
    score is |predicted - actual|, that of a distribution at one point. Source: Gneiting and Raftery
    (2007), J. Am. Stat. Assoc. 102, equation 21.
    """
    return quotient(sums.crps, sums.weight)


def brier(sums: Sums) -> Array:
    """Return the mean of (predicted - actual)**2 of stats that are 0 or 1. No unit; 0 is perfect.

    Source: scikit-learn ``brier_score_loss``.
    """
    return quotient(sums.squared, sums.weight)


def log_loss(sums: Sums) -> Array:
    """Return the mean of -log(probability given to the actual 0 or 1), in nats; 0 is perfect.

    A prediction beyond 0 or 1 counts as 0 or 1. Source: scikit-learn ``log_loss``, and its least
    distance from 0 and 1.
    """
    return quotient(sums.log_loss, sums.weight)


def calibration_error(sums: Sums) -> Array:
    """Return the expected calibration error of probabilities in ten bins of equal width, 0 to 1.

    The mean over the bins of |mean probability - share of ones|, weighted by their targets. Source:
    Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks.
    """
    off = np.abs(np.stack([getattr(sums, name) for name in BINS])).sum(0)
    return quotient(off, sums.pairs)


FORMULAS: Mapping[str, Callable[[Sums], Array]] = {
    "mae": mean_absolute_error,
    "rmse": root_mean_squared_error,
    "bias": bias,
    "r2": r_squared,
    "pearson": pearson,
    "skill": skill,
    "sample_skill": sample_skill,
    "coverage": coverage,
    "mean_width": mean_width,
    "interval_score": interval_score,
    "crps": crps,
    "brier": brier,
    "log_loss": log_loss,
    "ece": calibration_error,
    "instance_mae": mean_absolute_error,
}
"""By the metric's name. The maximum, those of ranks and those of a suite as a whole are no sums."""


def _squares(total: Array, squared: Array, count: Array) -> Array:
    """Return the sum of squares about the mean; 0 where all values are the same."""
    squares = squared - quotient(total * total, count)
    return np.where(squares > NO_VARIANCE * squared, squares, 0)


def quotient(above: Array, below: Array) -> Array:
    """Return the quotient, and NaN where it would divide by 0."""
    found = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found
