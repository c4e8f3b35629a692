"""The divisions of a spec: how runs become cases, checked field by field."""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from numbers import Real
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

By = Literal["run", "scenario", "model", "model_deployment", "scenario_model"]

MOST_RUNS = 1_000_000
MOST_CASES = 100_000
MOST_REPLICATES = 1_000
"""Larger numbers are slips of the pen: nothing here would ever end with them."""


LARGEST_SEED = 2**63 - 1
"""Larger numbers are slips of the pen: nothing here would ever end with them."""


class StrictModel(BaseModel):
    """A mapping that people write: a field that it does not know is a mistake."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class _Replicated(StrictModel):
    """A division that may be drawn several times; replicate n is drawn with ``seed`` + n - 1."""

    replicates: int = Field(default=1, strict=True, ge=1, le=MOST_REPLICATES)


class Sampled(_Replicated):
    """MAGNET's division: a few runs to train on and one to evaluate, drawn by the seed."""

    method: Literal["sampled"] = "sampled"
    train_runs: int = Field(default=3, strict=True, ge=1, le=MOST_RUNS)


class KFold(_Replicated):
    """As many cases as folds; each evaluates one fold and trains on the others."""

    method: Literal["k_fold"]
    folds: int = Field(default=5, strict=True, ge=2, le=MOST_CASES)
    by: By = "run"


class LeaveOneOut(_Replicated):
    """One case per run, scenario, model or deployment, which it evaluates."""

    method: Literal["leave_one_out"]
    by: By


class Holdout(_Replicated):
    """A competition's division: one train side; the other runs are evaluated, each in one case.

    Attributes:
        by: what of the eval runs no train run has; ``scenario_and_model``: neither of the two.
        share: of the values of ``by`` that is held out, of both alike.
        cases: how many cases the runs that are held out are divided into.
    """

    method: Literal["holdout"]
    by: By | Literal["scenario_and_model"] = "run"
    share: float = Field(default=0.3, strict=True, gt=0, lt=1)
    cases: int = Field(default=1, strict=True, ge=1, le=MOST_CASES)


OrderValue = float | str
"""A number, or a date as ``2024-07-18``: texts of dates are in order, too."""


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Python would also take other scripts' digits, ``1_0``, and dates by their week."""


def order_value(given: Any) -> OrderValue:
    """Return a value that can be put in order.

    Raises:
        ValueError: it is neither a number nor a date.
    """
    text = str(given).strip()
    is_number = isinstance(given, Real) and not isinstance(given, bool)
    with suppress(ValueError, OverflowError):
        if is_number or (isinstance(given, str) and _NUMBER.fullmatch(text)):
            number = float(given)
            if math.isfinite(number):
                return number
        elif _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    raise ValueError(f"should be a number or a date like 2024-07-18, not {given!r:.40}")


MEAN_SCORE = "mean_score"


class Order(StrictModel):
    """What puts models in order: the mean of the targets, or what the organizer gives.

    Attributes:
        column: ``mean_score``, or what it is called, e.g. ``released``.
        table: a CSV file with this column and one that is called as the division's ``by``.
        values: by model, or deployment: all numbers, or all dates.
    """

    column: str
    table: str | None = None
    values: Mapping[str, Annotated[OrderValue, BeforeValidator(order_value)]] | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> "Order":
        given = (self.table is not None) + (self.values is not None)
        if given != (self.column != MEAN_SCORE):
            raise ValueError(
                "should be mean_score, or a column with either table, a CSV file, or values"
            )
        if len({type(value) for value in (self.values or {}).values()}) > 1:
            raise ValueError(f"{self.column} has numbers and dates: these have no common order")
        return self


def _column_alone(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Extrapolate(_Replicated):
    """One case: it trains on the models that come first, and evaluates those that come last.

    Attributes:
        by: what is put in order.
        order: by what: the mean of the targets, or a column that the organizer gives.
        share: of the values of ``by`` that is evaluated; those with equal values are together.
    """

    method: Literal["extrapolate"]
    by: Literal["model", "model_deployment"] = "model"
    order: Annotated[Order, BeforeValidator(_column_alone)] = Field(
        default_factory=lambda: Order(column=MEAN_SCORE)
    )
    share: float = Field(default=0.3, strict=True, gt=0, lt=1)


class ExplicitCase(StrictModel):
    """The runs of one case, by name or by pattern (``*`` and ``?``)."""

    train: tuple[str, ...] = Field(min_length=1)
    eval: tuple[str, ...] = Field(min_length=1)


class Explicit(_Replicated):
    """Cases that the organizer lists."""

    method: Literal["explicit"]
    cases: tuple[ExplicitCase, ...] = Field(min_length=1)


Division = Annotated[
    Sampled | KFold | LeaveOneOut | Holdout | Extrapolate | Explicit, Field(discriminator="method")
]
