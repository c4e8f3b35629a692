"""Values without each scenario and without each model in turn, and how much they vary.

Runs of one scenario depend on each other, and so do runs of one model; the two cross. So a score's
error comes from leaving out whole clusters of both kinds (the delete-a-group jackknife).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from runner.contract.layout import RUN_NAME
from runner.scores.formulas import Array
from runner.scores.ranking.numbering import Numbers, close_gaps, number_in_order, number_values
from runner.scores.score import LEVEL

FEWEST_CLUSTERS = 10
"""With fewer scenarios or models an interval can be too short: a note says so."""

CLUSTERS_AT_ONCE = 500


@dataclass(frozen=True)
class Clusters:
    """The scenario and the model of each run, as numbers without gaps.

    A run without a scenario, or without a model, is a cluster of its own.
    """

    scenarios: Numbers
    models: Numbers

    @classmethod
    def of(cls, runs: pl.DataFrame) -> "Clusters":
        """Return the clusters of a frame with one row per run, in the order of the runs."""
        columns = (
            runs.select(
                pl.when(pl.col(column).is_null())
                .then(pl.concat_str(pl.lit("\0"), pl.col(RUN_NAME)))
                .otherwise(pl.col(column))
            ).to_series()
            for column in ("scenario", "model")
        )
        return cls(*(number_in_order(number_values(column)) for column in columns))

    def choose(self, runs: Numbers) -> "Clusters":
        """Return the clusters of some of the runs."""
        return Clusters(close_gaps(self.scenarios[runs]), close_gaps(self.models[runs]))

    @property
    def pairs(self) -> Numbers:
        """The pair of scenario and model of each run: the runs of a sweep have the same."""
        return close_gaps(self.scenarios * (self.models.max(initial=0) + 1) + self.models)


@dataclass(frozen=True)
class Replicates:
    """A value over all runs, and without each cluster in turn; NaN where it has no value.

    Attributes:
        point: the value.
        scenarios: (scenarios,), the value without each of them; empty if there is only one.
        models, pairs: the same for models, and for pairs of scenario and model.
    """

    point: float
    scenarios: Array
    models: Array
    pairs: Array

    @property
    def degrees(self) -> int:
        """Degrees of freedom of Student's t: of the factor with fewer clusters, if it has two."""
        return min(
            (len(each) - 1 for each in (self.scenarios, self.models) if len(each)), default=0
        )


@dataclass(frozen=True)
class Interval:
    """An interval, if there is one. ``note`` says why there is none, or warns of a weakness."""

    low: float | None
    high: float | None
    note: str | None


def replicate(
    estimate: Callable[[Array], dict[str, Array]], clusters: Clusters
) -> dict[str, Replicates]:
    """Return the replicates of each metric that has a value over all runs.

    Args:
        estimate: returns (weightings,) values of each metric for weights of (weightings, runs).
    """
    points = estimate(np.ones((1, len(clusters.scenarios))))
    factors = (clusters.scenarios, clusters.models, clusters.pairs)
    left_out = [_leave_out(estimate, factor) for factor in factors]
    return {
        name: Replicates(float(point[0]), *(found.get(name, np.empty(0)) for found in left_out))
        for name, point in points.items()
        if not np.isnan(point[0])
    }


def _leave_out(estimate: Callable[[Array], dict[str, Array]], factor: Numbers) -> dict[str, Array]:
    """Return each metric's value without each cluster in turn; nothing if there is only one."""
    count = int(factor.max(initial=0)) + 1
    if count == 1:
        return {}
    parts = [estimate(weights) for weights in _weights(factor, count)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _weights(factor: Numbers, count: int) -> Iterator[Array]:
    """Yield (clusters, runs) weights: 0 for the runs of the cluster left out, else 1."""
    for first in range(0, count, CLUSTERS_AT_ONCE):
        left_out = np.arange(first, min(first + CLUSTERS_AT_ONCE, count))
        yield (factor != left_out[:, np.newaxis]).astype(np.float64)


def jackknife_error(left_out: Array) -> Array:
    """Return the standard error that one factor gives, over the last axis; 0 if that is empty.

    Source: Efron and Stein (1981), The Annals of Statistics 9. The values are scaled first: the
    square of what a prediction may be can be too small for a number.
    """
    count = left_out.shape[-1]
    if count == 0:
        return np.zeros(left_out.shape[:-1])
    off = left_out - left_out.mean(-1, keepdims=True)
    largest = np.abs(off).max(-1)
    scaled = off / np.where(largest > 0, largest, 1)[..., np.newaxis]
    error: Array = largest * np.sqrt((count - 1) / count * (scaled**2).sum(-1))
    return error


def make_interval(replicates: Replicates, bounds: tuple[float, float]) -> Interval:
    """Return a score's interval: Student's t times the root of both factors' variances.

    The variance of the pairs, which both factors count, is not taken off: a score is skewed, and
    with it the intervals hold the value as often as they say. Owen's pigeonhole bootstrap (2007,
    The Annals of Applied Statistics 1) does the same.

    Args:
        bounds: the least and the largest value of the metric, where the interval is cut.
    """
    if not replicates.degrees:
        return Interval(None, None, "one scenario and one model: no interval")
    errors = [float(jackknife_error(each)) for each in (replicates.scenarios, replicates.models)]
    if np.isnan(errors).any():
        return Interval(None, None, "no value without one of the scenarios or models: no interval")
    half = float(_quantile(replicates.degrees) * np.hypot(errors[0], errors[1]))
    low, high = np.clip([replicates.point - half, replicates.point + half], *bounds)
    return Interval(float(low), float(high), few_clusters(replicates))


@lru_cache
def _quantile(degrees: int) -> float:
    """Return how far from 0 Student's t ends with the probability LEVEL."""
    from scipy.special import stdtrit  # noqa: PLC0415  (slow, most commands have no interval)

    return float(stdtrit(degrees, 0.5 + LEVEL / 2))


def few_clusters(replicates: Replicates) -> str | None:
    """Return e.g. ``few models: 5``, None if there are enough scenarios and models."""
    sizes = {"scenarios": len(replicates.scenarios), "models": len(replicates.models)}
    few = [f"few {name}: {max(size, 1)}" for name, size in sizes.items() if size < FEWEST_CLUSTERS]
    return ", ".join(few) or None
