"""The metrics: what each is about, which side is better, and why it may have no value.

Their values are computed elsewhere, so that who names a metric need not load NumPy.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TargetKind = Literal["stat", "binary", "instance"]
Kind = TargetKind | Literal["suite"]
"""What a metric is of: stats of runs; all of a suite's stats of runs together; stats of instances
that are 0 or 1; other stats of instances."""

MAXIMUM = "max_error"
"""The metric of one target alone."""


@dataclass(frozen=True)
class Metric:
    """A metric by its name.

    Attributes:
        kind: the targets it is about.
        better: ``lower`` or ``higher``; None if it can't rank, as too high is as bad as too low.
        undefined: why there is no value, although there are predictions.
        bounds: the least and the largest value that it can have.
    """

    name: str
    title: str
    kind: Kind
    better: Literal["lower", "higher"] | None
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
_FROM_0, _TO_1, _UNIT, _ANY = (0.0, math.inf), (-math.inf, 1.0), (-1.0, 1.0), (-math.inf, math.inf)
_ALL_METRICS = (
    Metric("mae", "MAE", "stat", "lower", "", _FROM_0),
    Metric("rmse", "RMSE", "stat", "lower", "", _FROM_0),
    Metric("bias", "bias", "stat", None, "no target has a prediction", _ANY),
    Metric(MAXIMUM, "max error", "stat", None, "", _FROM_0),
    Metric("r2", "R2", "stat", "higher", _SAME, _TO_1),
    Metric("pearson", "Pearson", "stat", "higher", _SAME, _UNIT),
    Metric("spearman", "Spearman", "stat", "higher", _SAME, _UNIT),
    Metric(
        *("kendall", "Kendall", "stat", "higher"),
        undefined="no scenario has two models whose actual means differ, or there are more than 20 "
        "million pairs of runs",
        bounds=_UNIT,
    ),
    Metric(
        *("skill", "skill", "stat", "higher"),
        undefined="no target has a train mean that is off the actual",
        bounds=_TO_1,
    ),
    Metric(
        *("sample_skill", "sample skill", "stat", "higher"),
        undefined="no target has a mean over the revealed instances that is off the actual",
        bounds=_TO_1,
    ),
    Metric("coverage", "coverage", "stat", None, _NO_STDDEV, (0.0, 1.0)),
    Metric("mean_width", "mean width", "stat", None, _NO_STDDEV, _FROM_0),
    Metric("interval_score", "interval score", "stat", "lower", "", _FROM_0),
    Metric("crps", "CRPS", "stat", "lower", "", _FROM_0),
    Metric("model_rank", "model rank", "suite", "higher", _NO_TWO_MODELS, _UNIT),
    Metric(
        *("win_rate_error", "win rate error", "suite", None),
        undefined=_NO_TWO_MODELS,
        bounds=(0.0, 1.0),
    ),
    Metric(
        *("delta_mae", "delta MAE", "suite", "lower"),
        undefined="no perturbed stat and its original are both predicted",
        bounds=_FROM_0,
    ),
    Metric(
        *("budget_area", "budget area", "suite", "lower"),
        undefined="a budget has no target with a prediction",
        bounds=_FROM_0,
    ),
    Metric("brier", "Brier", "binary", "lower", "", _FROM_0),
    Metric("log_loss", "log loss", "binary", "lower", "", _FROM_0),
    Metric("auroc", "AUROC", "binary", "higher", "the actuals are all 0 or all 1", (0.0, 1.0)),
    Metric(
        *("ece", "ECE", "binary", None),
        undefined="no target has a prediction",
        bounds=(0.0, 1.0),
    ),
    Metric("instance_mae", "instance MAE", "instance", "lower", "", _FROM_0),
)

SKILLS = ("skill", "sample_skill")

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL_METRICS}
"""Every metric by name, in the order in which they are shown."""
