"""A suite's rules for its scores: ``scoring:`` in the suite's spec."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from runner.scores.metrics import METRICS, Metric

WITH_WORST_ERROR = ("mae", "rmse", "skill", "instance_mae")
"""Metrics of the errors alone, for which an error may stand in for a missing prediction."""

RANKING_METRICS = tuple(metric.name for metric in METRICS.values() if metric.better is not None)


class ScoringPolicy(BaseModel):
    """How a suite's evaluations are scored and ranked.

    Attributes:
        primary: the metric that ranks; which way is better follows from the metric.
        missing: ``void``: a target without a prediction voids the case. A number: its absolute
            error is taken to be this one, in the stat's own unit.
        scenario_weights: weights of scenarios in the scores over the suite, by the scenario's text
            as the records show it; those not named weigh 1. Without any, every target weighs the
            same, whatever its scenario.
        determinism: how closely further runs of a ranked evaluation must repeat the first.
        tolerance: two predicted values count as the same if they differ by no more than this.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    primary: str = "mae"
    missing: Literal["void"] | Annotated[float, Field(ge=0, allow_inf_nan=False)] = "void"
    scenario_weights: Mapping[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    determinism: Literal["not_required", "within_tolerance", "byte_equal"] = "not_required"
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1e-9

    @field_validator("primary")
    @classmethod
    def _ranks(cls, name: str) -> str:
        if name not in RANKING_METRICS:
            raise ValueError(f"the primary metric must be one of {', '.join(RANKING_METRICS)}")
        return name

    @model_validator(mode="after")
    def _has_errors_to_stand_in(self) -> "ScoringPolicy":
        if self.missing != "void" and self.primary not in WITH_WORST_ERROR:
            names = ", ".join(WITH_WORST_ERROR)
            raise ValueError(f"with a worst error for missing targets, primary must be: {names}")
        return self

    @property
    def primary_metric(self) -> Metric:
        """The metric that ranks."""
        return METRICS[self.primary]

    @property
    def worst_error(self) -> float | None:
        """The absolute error of a missing target, or None if it voids its case."""
        return None if self.missing == "void" else self.missing
