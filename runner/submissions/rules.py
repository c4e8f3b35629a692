"""An organizer's rules of a competition; they are the first line of its ledger."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST = 1_000_000
"""Of evaluations and failures in a period, and the largest step."""

LONGEST_PERIOD = 876_000
"""Hours of 100 years: a date so long ago exists."""


class Rules(BaseModel):
    """How often a submitter is scored, on which runs, and what is published.

    Attributes:
        evaluations: how many scored evaluations a submitter has in any ``period_hours``.
        failures: how often one image may end without a score, a fault of the engine or the runner
            left out. In a period a submitter may have as many, those among them, for each
            evaluation: each tells one word of what the container saw.
        publish: what is published of the score on the public split: what the Ladder allows, the
            score rounded to ``step``, or the score itself.
        step: in the primary metric's unit: published scores are multiples of it, and the Ladder's
            differ by more. None: the standard error of the baseline's score, rounded.
        public_share: of the eval runs, whose targets make the public split.
        seed: draws the split; whoever knows it knows the split.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    evaluations: Annotated[int, Field(ge=1, le=MOST)] = 5
    failures: Annotated[int, Field(ge=1, le=MOST)] = 3
    period_hours: Annotated[float, Field(gt=0, le=LONGEST_PERIOD, allow_inf_nan=False)] = 24
    publish: Literal["ladder", "rounded", "exact"] = "ladder"
    step: Annotated[float, Field(gt=0, le=MOST, allow_inf_nan=False)] | None = None
    public_share: Annotated[float, Field(gt=0, lt=1)] = 0.3
    seed: str

    @model_validator(mode="after")
    def _can_round(self) -> "Rules":
        if self.publish == "rounded" and self.step is None:
            raise ValueError("rounded scores need a step: give one")
        return self

    @property
    def period(self) -> timedelta:
        """The time in which evaluations are counted."""
        return timedelta(hours=self.period_hours)
