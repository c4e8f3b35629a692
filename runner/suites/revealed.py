"""What a suite's spec says of the eval runs' instances that containers see."""

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, field_validator

from runner.suites.division_spec import StrictModel

MOST_INSTANCES = 1_000_000_000
MOST_BUDGETS = 100
"""Larger numbers are slips of the pen: nothing here would ever end with them."""


Count = Annotated[int, Field(strict=True, ge=0, le=MOST_INSTANCES)]
Budgets = Annotated[tuple[Count, ...], Field(min_length=1, max_length=MOST_BUDGETS)]


class Revealed(StrictModel):
    """What a container sees of its eval runs besides their specs.

    Attributes:
        instances: how many instances of each eval run are drawn to be revealed, or all. Of
            several numbers, budgets, each makes its own cases; a larger one reveals what the
            smaller ones do, and more.
        prompts: whether their inputs and requests are shown.
        completions: whether the model's completions are.
        references: whether the references are, and the letters that stand for them.
        gold: whether the references' tags are, which mark the correct ones.
        scores: whether the stats of the revealed instances are.
    """

    instances: Count | Literal["all"] | Budgets = 5
    prompts: StrictBool = True
    completions: StrictBool = True
    references: StrictBool = True
    gold: StrictBool = True
    scores: StrictBool = False

    @field_validator("instances")
    @classmethod
    def _increase(cls, instances: Any) -> Any:
        if isinstance(instances, tuple) and list(instances) != sorted(set(instances)):
            raise ValueError("several numbers of instances must increase, e.g. [1, 2, 4, 8]")
        return instances

    @property
    def budgets(self) -> tuple[int | None, ...]:
        """Return how many instances each case of a division reveals; None for all."""
        if isinstance(self.instances, tuple):
            return self.instances
        return (None if self.instances == "all" else self.instances,)

    @property
    def is_drawn(self) -> bool:
        """Return whether some instances are chosen among the others."""
        return any(self.budgets)
