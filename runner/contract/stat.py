"""HELM's ``Stat`` and ``MetricName`` as plain data, and the targets that stats are predicted for.

Source: helm.benchmark.metrics.statistic and .metric_name (crfm-helm 0.5). A test holds both to
HELM's own classes and JSON.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from runner.contract.layout import (
    INSTANCE_ID,
    INSTANCE_STAT_NAME_PREFIX,
    LARGEST_NUMBER,
    PREDICTED_PREFIX,
    RUN_NAME,
    STAT_NAME_PREFIX,
    TRAIN_TRIAL_INDEX,
)


@dataclass(frozen=True, eq=False)
class MetricName:
    """What a stat measures: HELM's ``MetricName``.

    ``perturbation`` is HELM's ``PerturbationDescription`` as a dict: name, robustness, fairness,
    computed_on, and the perturbation's own parameters, e.g. ``prob``.
    """

    name: str
    split: str | None = None
    sub_split: str | None = None
    perturbation: Mapping[str, Any] | None = None

    def key(self) -> Hashable:
        """Return the key that compares names; ``prob`` 0 and 0.0 are the same, True is not 1."""
        return self._key

    @cached_property
    def _key(self) -> Hashable:
        # Kept, as each target is looked up many times.
        return (self.name, self.split, self.sub_split, _hashable(self.perturbation))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MetricName) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __str__(self) -> str:
        """Return e.g. ``exact_match split=test perturbation(typos, computed_on=worst)``."""
        parts = [self.name]
        parts += [f"split={self.split}"] if self.split is not None else []
        parts += [f"sub_split={self.sub_split}"] if self.sub_split is not None else []
        if self.perturbation is not None:
            parts.append(f"perturbation({', '.join(_perturbation_words(self.perturbation))})")
        return " ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Return HELM's JSON object: absent fields are left out, never null."""
        fields = {"name": self.name, "split": self.split, "sub_split": self.sub_split}
        present: dict[str, Any] = {key: value for key, value in fields.items() if value is not None}
        if self.perturbation is not None:
            present["perturbation"] = dict(self.perturbation)
        return present

    @classmethod
    def from_json(cls, json_object: Mapping[str, Any]) -> "MetricName":
        """Return the name that HELM's JSON object describes."""
        return cls(**json_object)


def _hashable(value: Any) -> Hashable:
    """Return a perturbation, or a parameter of one, as a value that can be compared and hashed."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    return (isinstance(value, bool), value)


def _perturbation_words(perturbation: Mapping[str, Any]) -> list[str]:
    """Return the name, then the parameters that are set: a True flag by name, others by value."""
    others = sorted((key, value) for key, value in perturbation.items() if key != "name")
    words = [
        key if value is True else f"{key}={value}" for key, value in others if value is not False
    ]
    return [str(perturbation.get("name")), *words]


@dataclass(frozen=True)
class Stat:
    """One stat with HELM's fields. ``variance`` and ``stddev`` are the population's, as in HELM."""

    name: MetricName
    count: int = 0
    sum: float = 0
    sum_squared: float = 0
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    variance: float | None = None
    stddev: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return HELM's JSON object: absent fields are left out, never null."""
        values = {name: getattr(self, name) for name in STAT_VALUES}
        present = {name: value for name, value in values.items() if value is not None}
        return {"name": self.name.to_json(), **present}

    @classmethod
    def from_json(cls, json_object: Mapping[str, Any]) -> "Stat":
        """Return the stat that HELM's JSON object describes."""
        values = {key: value for key, value in json_object.items() if key != "name"}
        return cls(name=MetricName.from_json(json_object["name"]), **values)


STAT_VALUES = ("count", "sum", "sum_squared", "min", "max", "mean", "variance", "stddev")
"""The fields of ``Stat`` that hold numbers, in HELM's order."""


@dataclass(frozen=True)
class Target:
    """The key of one stat to predict: the run's name and the stat's full name."""

    run_spec_name: str
    name: MetricName

    def predicted(self, mean: float, **other_values: float) -> Stat:
        """Return the stat that predicts this target's mean.

        Args:
            mean: the prediction, in the stat's own unit.
            other_values: further fields of ``Stat``, e.g. ``stddev``. The others are as in HELM's
                Stat after adding ``mean`` once; no spread is claimed.

        Raises:
            TypeError, ValueError: the mean is no number, or too large to be scored.
        """
        return _predicted_stat(self.name, mean, other_values)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Target":
        """Return the target in a row of ``eval/targets.parquet`` or of a stats frame.

        Args:
            row: one value per column; a missing value is None.
        """
        return cls(run_spec_name=row[RUN_NAME], name=_name_in_row(row, STAT_NAME_PREFIX))


@dataclass(frozen=True)
class InstanceTarget:
    """The key of one per-instance stat to predict.

    For a perturbed copy of an instance, the perturbation is in the stat's name, as in HELM.
    """

    run_spec_name: str
    instance_id: str
    train_trial_index: int
    name: MetricName

    def predicted(self, mean: float, **other_values: float) -> Stat:
        """Return the stat that predicts this target's mean; see ``Target.predicted``."""
        return _predicted_stat(self.name, mean, other_values)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "InstanceTarget":
        """Return the target in a row of ``eval/instance_targets.parquet``.

        Args:
            row: one value per column, or a row of a per_instance_stats frame; a missing value is
                None.
        """
        return cls(
            run_spec_name=row[RUN_NAME],
            instance_id=row[INSTANCE_ID],
            train_trial_index=int(row[TRAIN_TRIAL_INDEX]),
            name=_name_in_row(row, INSTANCE_STAT_NAME_PREFIX),
        )


def predicted_name(name: MetricName) -> MetricName:
    """Return the name of the stat that predicts the stat with this name."""
    return replace(name, name=PREDICTED_PREFIX + name.name)


def _predicted_stat(name: MetricName, mean: float, other_values: Mapping[str, float]) -> Stat:
    if isinstance(mean, str):
        raise TypeError(f"{name}: the mean must be a number, not the text {mean!r}")
    try:
        mean = float(mean)
    except OverflowError as error:
        raise ValueError(f"{name}: the mean is too large to be scored") from error
    except TypeError as error:
        raise TypeError(f"{name}: the mean must be a number, not {type(mean).__name__}") from error
    if not math.isfinite(mean):
        raise ValueError(f"{name}: the mean is {mean}, not a number")
    if abs(mean) > LARGEST_NUMBER:
        raise ValueError(
            f"{name}: the mean is {mean:g}, too large to be scored: {LARGEST_NUMBER:g} is most"
        )
    values = {"count": 1, "sum": mean, "sum_squared": mean * mean, "mean": mean}
    return Stat(name=predicted_name(name), **{**values, **other_values})  # type: ignore[arg-type]


def _name_in_row(row: Mapping[str, Any], prefix: str) -> MetricName:
    fields: dict[str, Any] = {}
    for column, value in row.items():
        if value is not None and column.startswith(prefix):
            *parents, last = column.removeprefix(prefix).split(".")
            inner = fields
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[last] = value
    return MetricName.from_json(fields)
