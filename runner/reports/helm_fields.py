"""The fields of HELM's JSON in a report, of which the runner reads some: those have HELM's types.

A report may have been edited, by hand or by another program.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from runner.scores.scenarios import TEXT_COLUMNS

LARGEST = 2**63
"""Whole numbers from here on are none of HELM's, and no frame holds them."""


def _check_name(name: dict[str, Any]) -> dict[str, Any]:
    perturbation = name.get("perturbation")
    inner = perturbation if isinstance(perturbation, dict) else {}
    texts = (name.get("split"), name.get("sub_split"), inner.get("computed_on"))
    if not (
        isinstance(name.get("name"), str)
        and isinstance(perturbation, dict | None)
        and all(isinstance(text, str | None) for text in texts)
    ):
        raise ValueError("not the name of a stat")
    return name


def _check_stat(stat: dict[str, Any]) -> dict[str, Any]:
    if stat.get("mean") is None or not all(_is_number(stat.get(n)) for n in ("mean", "stddev")):
        raise ValueError("not a stat")
    return stat


def _is_number(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < LARGEST
    return value is None or (isinstance(value, float) and math.isfinite(value))


def _check_columns(columns: Mapping[str, Any]) -> Mapping[str, Any]:
    wrong = [name for name in TEXT_COLUMNS if not isinstance(columns.get(name), str | None)]
    if wrong:
        raise ValueError(f"{wrong[0]} should be a text")
    return columns


Whole = Annotated[int, Field(gt=-LARGEST, lt=LARGEST)]
"""A whole number that a frame holds."""

StatName = Annotated[dict[str, Any], AfterValidator(_check_name)]
"""HELM's ``MetricName``."""

StatFields = Annotated[dict[str, Any], AfterValidator(_check_stat)]
"""HELM's ``Stat``: a mean, and often a stddev."""

RunSpecColumns = Annotated[Mapping[str, Any], AfterValidator(_check_columns)]
"""The revealed columns of a run's spec; what names its scenario and model is text."""
