"""A suite's rules for its scores: ``scoring:`` in the suite's spec."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from runner.scores.metrics import METRICS, SKILLS, Metric

WITH_WORST_ERROR = (
    *("mae", "rmse", *SKILLS, "interval_score", "crps", "budget_area", "instance_mae"),
)
"""Metrics of the errors alone, for which an error may stand in for a missing prediction."""

RANKING_METRICS = tuple(metric.name for metric in METRICS.values() if metric.better is not None)

LEAST_WEIGHT, LARGEST_WEIGHT = 1e-9, 1e9
LARGEST_VALUE = 1e15
NARROWEST_RANGE = 1e-9
"""Beyond these, sums of weighted squares are no numbers with digits, or none at all."""


def _is_weight(weight: float) -> float:
    if weight and not LEAST_WEIGHT <= weight <= LARGEST_WEIGHT:
        raise ValueError(
            f"should be 0, or from {LEAST_WEIGHT:g} to {LARGEST_WEIGHT:g}, not {weight:g}"
        )
    return weight


Weight = Annotated[float, Field(strict=True), AfterValidator(_is_weight)]
Value = Annotated[float, Field(strict=True, ge=-LARGEST_VALUE, le=LARGEST_VALUE)]
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class ScoringPolicy(BaseModel):
    """How a suite's evaluations are scored and ranked.

    Attributes:
        primary: the metric that ranks; which way is better follows from the metric.
        missing: ``void``: a target without a prediction voids the case. ``worst``: it counts as
            predicted at the end of ``range`` that is farther from the actual.
        range: the least and the largest mean that a target's stat can have.
        scenario_weights: weights of scenarios in the scores over the suite, by the scenario's text
            as the records show it; those not named weigh 1. Without any, every run weighs the
            same, whatever its scenario. A scenario in which the metric has no value is left out.
        determinism: how closely further runs of a ranked evaluation must repeat the first.
        units: units of stats that the runner's table lacks or has otherwise, by the stat's name.
        normalise: ``skill``: a skill is found for each stat, and their mean is the score.
        stat_weights: weights of stats, by name; those not named weigh 1. They weigh a target
            beside its instances, and with ``normalise`` the stats' skills.
        tolerance: two predicted values, or two scores, count as the same if they differ by no more.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    primary: str = "mae"
    missing: Literal["void", "worst"] = "void"
    range: tuple[Value, Value] | None = None
    scenario_weights: Mapping[str, Weight] = {}
    units: Mapping[str, Unit] = {}
    normalise: Literal["skill"] | None = None
    stat_weights: Mapping[str, Weight] = {}
    determinism: Literal["not_required", "within_tolerance", "byte_equal"] = "not_required"
    tolerance: Annotated[Value, Field(ge=0)] = 1e-9

    @field_validator("primary")
    @classmethod
    def _ranks(cls, name: str) -> str:
        if name not in RANKING_METRICS:
            raise ValueError(f"the primary metric must be one of {', '.join(RANKING_METRICS)}")
        return name

    @model_validator(mode="after")
    def _has_errors_to_stand_in(self) -> "ScoringPolicy":
        if self.range is not None and self.range[1] - self.range[0] < NARROWEST_RANGE:
            raise ValueError(
                f"the range must be [least, largest], e.g. [0, 1], and {NARROWEST_RANGE:g} wide "
                "at least"
            )
        if self.missing == "worst" and self.range is None:
            raise ValueError("missing: worst needs the range of the stats, e.g. range: [0, 1]")
        if self.missing == "worst" and self.primary not in WITH_WORST_ERROR:
            names = ", ".join(WITH_WORST_ERROR)
            raise ValueError(f"with missing: worst, primary must be one of {names}")
        return self

    @model_validator(mode="after")
    def _normalises_what_ranks(self) -> "ScoringPolicy":
        if self.normalise is not None and self.primary not in SKILLS:
            names = " or ".join(SKILLS)
            raise ValueError(f"normalise: skill is the mean of skills: set primary to {names}")
        return self

    @property
    def primary_metric(self) -> Metric:
        """The metric that ranks."""
        return METRICS[self.primary]

    def counts(self, stat: str) -> bool:
        """Return whether a stat has a weight above 0."""
        return self.stat_weights.get(stat, 1.0) > 0

    @property
    def largest_loss(self) -> float:
        """The largest error of a target that a competition's ledger counts: the range's width."""
        return 1.0 if self.range is None else self.range[1] - self.range[0]

    @property
    def worst(self) -> tuple[float, float] | None:
        """The range in which a missing target counts as predicted worst, None if it voids."""
        return self.range if self.missing == "worst" else None
