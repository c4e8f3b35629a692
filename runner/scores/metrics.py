"""The metrics that are sums over targets, each with its definition, unit and source.

A metric is a function of ``Sums``, so the same code gives the score of a suite, of every category
of it, and without each scenario and model. It returns NaN where it is not defined;
``Metric.undefined`` says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TargetKind = Literal["stat", "binary", "instance"]
Kind = TargetKind | Literal["suite"]
"""What a metric is of: stats of runs; all of a suite's stats of runs together; stats of instances
that are 0 or 1; other stats of instances."""

MAXIMUM = "max_error"
"""The metric of one target alone."""

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


@dataclass(frozen=True)
class Metric:
    """A metric by its name.

    Attributes:
        kind: the targets it is about.
        better: ``lower`` or ``higher``; None if it can't rank, as too high is as bad as too low.
        value: the function of sums, or None for the metrics of ``ranks.py`` and the maximum.
        undefined: why there is no value, although there are predictions.
        bounds: the least and the largest value that it can have.
    """

    name: str
    title: str
    kind: Kind
    better: Literal["lower", "higher"] | None
    value: Callable[[Sums], Array] | None
    undefined: str
    bounds: tuple[float, float]

    @property
    def targets(self) -> TargetKind:
        """The targets that it is of; those of a suite as a whole are of all its stats of runs."""
        return "stat" if self.kind == "suite" else self.kind

    @property
    def is_of_runs(self) -> bool:
        """Whether it is of stats of runs; if not, it is of instances."""
        return self.targets == "stat"


_NO_STDDEV = "no predicted stat has a stddev above 0"
_SAME = "the actual means are all the same"
_NO_TWO_MODELS = "no stat has two models that differ, or there are too many stats and models"
_FROM_0, _TO_1, _UNIT, _ANY = (0.0, np.inf), (-np.inf, 1.0), (-1.0, 1.0), (-np.inf, np.inf)
_ALL_METRICS = (
    Metric("mae", "MAE", "stat", "lower", mean_absolute_error, "", _FROM_0),
    Metric("rmse", "RMSE", "stat", "lower", root_mean_squared_error, "", _FROM_0),
    Metric("bias", "bias", "stat", None, bias, "no target has a prediction", _ANY),
    Metric(MAXIMUM, "max error", "stat", None, None, "", _FROM_0),
    Metric("r2", "R2", "stat", "higher", r_squared, _SAME, _TO_1),
    Metric("pearson", "Pearson", "stat", "higher", pearson, _SAME, _UNIT),
    Metric("spearman", "Spearman", "stat", "higher", None, _SAME, _UNIT),
    Metric(
        *("kendall", "Kendall", "stat", "higher", None),
        undefined="no scenario has two models whose actual means differ, or there are more than 20 "
        "million pairs of runs",
        bounds=_UNIT,
    ),
    Metric(
        *("skill", "skill", "stat", "higher", skill),
        undefined="no target has a train mean that is off the actual",
        bounds=_TO_1,
    ),
    Metric(
        *("sample_skill", "sample skill", "stat", "higher", sample_skill),
        undefined="no target has a mean over the revealed instances that is off the actual",
        bounds=_TO_1,
    ),
    Metric("coverage", "coverage", "stat", None, coverage, _NO_STDDEV, (0.0, 1.0)),
    Metric("mean_width", "mean width", "stat", None, mean_width, _NO_STDDEV, _FROM_0),
    Metric("interval_score", "interval score", "stat", "lower", interval_score, "", _FROM_0),
    Metric("crps", "CRPS", "stat", "lower", crps, "", _FROM_0),
    Metric("model_rank", "model rank", "suite", "higher", None, _NO_TWO_MODELS, _UNIT),
    Metric(
        *("win_rate_error", "win rate error", "suite", None, None),
        undefined=_NO_TWO_MODELS,
        bounds=(0.0, 1.0),
    ),
    Metric(
        *("delta_mae", "delta MAE", "suite", "lower", None),
        undefined="no perturbed stat and its original are both predicted",
        bounds=_FROM_0,
    ),
    Metric(
        *("budget_area", "budget area", "suite", "lower", None),
        undefined="a budget has no target with a prediction",
        bounds=_FROM_0,
    ),
    Metric("brier", "Brier", "binary", "lower", brier, "", _FROM_0),
    Metric("log_loss", "log loss", "binary", "lower", log_loss, "", _FROM_0),
    Metric(
        "auroc", "AUROC", "binary", "higher", None, "the actuals are all 0 or all 1", (0.0, 1.0)
    ),
    Metric(
        *("ece", "ECE", "binary", None, calibration_error),
        undefined="no target has a prediction",
        bounds=(0.0, 1.0),
    ),
    Metric("instance_mae", "instance MAE", "instance", "lower", mean_absolute_error, "", _FROM_0),
)

SKILLS = ("skill", "sample_skill")

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL_METRICS}
"""Every metric by name, in the order in which they are shown."""


def _squares(total: Array, squared: Array, count: Array) -> Array:
    """Return the sum of squares about the mean; 0 where all values are the same."""
    squares = squared - quotient(total * total, count)
    return np.where(squares > NO_VARIANCE * squared, squares, 0)


def quotient(above: Array, below: Array) -> Array:
    """Return the quotient, and NaN where it would divide by 0."""
    found = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found
