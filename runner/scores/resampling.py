"""Intervals by a bootstrap over runs.

The targets of one run are made of the same completions, so they are drawn together: a resample
draws as many runs as there are, with replacement, and every target comes with its run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from runner.scores.metrics import Array

FEWEST_RUNS = 5
"""With fewer runs, resamples can't show how much other runs would differ: a note says so."""

FEW_RESAMPLES = 1000
"""With fewer resamples, the ends of an interval are rough: a note says so."""

RUNS_AT_ONCE = 500


@dataclass(frozen=True)
class Resampling:
    """How intervals are made: the number of resamples, the seed, and the confidence level."""

    resamples: int = 2000
    seed: int = 1
    level: float = 0.95


@dataclass(frozen=True)
class Interval:
    """An interval, if there is one. ``note`` says why there is none, or warns of a weakness."""

    low: float | None
    high: float | None
    note: str | None


@dataclass(frozen=True)
class Replicates:
    """A value over the given runs, over resamples of them, and over all runs but one.

    Attributes:
        point: the value.
        resampled: (resamples,), NaN where a resample has no value.
        left_out: (runs,), the value without each run in turn; fewer if there are very many targets.
        runs: how many runs there are.
    """

    point: float
    resampled: Array
    left_out: Array
    runs: int


@lru_cache(maxsize=4)
def draw_runs(runs: int, resampling: Resampling) -> Array:
    """Return (resamples, runs): how often each run is drawn. Every row sums to ``runs``."""
    random = np.random.default_rng([resampling.seed, runs])
    draws = random.multinomial(runs, np.full(runs, 1 / runs), size=resampling.resamples)
    weights: Array = draws.astype(np.float64)
    weights.flags.writeable = False
    return weights


def leave_out_runs(estimate: Callable[[Array], dict[str, Array]], runs: int) -> dict[str, Array]:
    """Return each estimate's values for all runs but one, one after the other."""
    parts = []
    for first in range(0, runs, RUNS_AT_ONCE):
        left_out = np.arange(first, min(first + RUNS_AT_ONCE, runs))
        weights = np.ones((len(left_out), runs))
        weights[np.arange(len(left_out)), left_out] = 0
        parts.append(estimate(weights))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def make_interval(replicates: Replicates, level: float) -> Interval:
    """Return the bias-corrected and accelerated (BCa) interval, widened for few runs.

    BCa corrects for skew and bias of the resamples. The widening takes the quantiles further out,
    by those of Student's t and by the factor by which resamples vary too little. Source: Efron
    (1987), J. Am. Stat. Assoc. 82; Hesterberg (2015), The American Statistician 69, on the
    expanded percentile interval.
    """
    runs = replicates.runs
    values = np.sort(replicates.resampled[~np.isnan(replicates.resampled)])
    if runs < 2:  # noqa: PLR2004
        return Interval(None, None, "1 run: nothing to resample")
    if len(values) < len(replicates.resampled) / 2:
        return Interval(None, None, "most resamples of the runs have no value")
    low, high = np.quantile(values, _quantile_levels(replicates, values, level))
    note = None
    if runs < FEWEST_RUNS:
        note = f"{runs} runs: too few for a reliable interval"
    elif len(replicates.resampled) < FEW_RESAMPLES:
        note = f"from {len(replicates.resampled)} resamples: its ends are rough"
    return Interval(float(low), float(high), note)


def _quantile_levels(replicates: Replicates, values: Array, level: float) -> Array:
    """Return the two levels at which the sorted resampled values are cut."""
    runs = replicates.runs
    wide = np.sqrt(runs / (runs - 1)) * stdtrit(runs - 1, 0.5 + level / 2)
    below = np.searchsorted(values, replicates.point, "left")
    up_to = np.searchsorted(values, replicates.point, "right")
    # Clipped, as a point outside of all resamples would move the interval to infinity.
    share = np.clip((below + up_to) / 2 / len(values), 1 / len(values), 1 - 1 / len(values))
    shift = ndtri(share)
    z = shift + np.array([-wide, wide])
    levels: Array = ndtr(shift + z / np.maximum(1 - _acceleration(replicates) * z, 1e-9))
    return levels


def _acceleration(replicates: Replicates) -> float:
    """Return how the spread changes with the value, from the values without each run.

    It has no unit. The values are scaled first: a cube of what a prediction may be overflows.
    """
    left_out = replicates.left_out[~np.isnan(replicates.left_out)]
    off = left_out.mean() - left_out if len(left_out) else np.zeros(1)
    largest = float(np.abs(off).max())
    if largest == 0:
        return 0.0
    scaled = off / largest
    return float((scaled**3).sum() / (6 * (scaled**2).sum() ** 1.5))
