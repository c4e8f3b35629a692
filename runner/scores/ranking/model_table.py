"""Models put in order over the scenarios of a suite, as HELM's tables have them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from runner.scores.formulas import Array, quotient
from runner.scores.prepared_targets import NAME_COLUMNS, PreparedTargets
from runner.scores.ranking.numbering import Numbers, combine
from runner.scores.ranking.ranks import Estimator

MOST_CELLS = 5_000_000
"""Stats times models times scenarios; of more there is no value."""

MOST_COMPARED = 2_000_000_000
"""Weightings times stats times pairs of models; of more there is no interval."""

CELLS_AT_ONCE = 2**17
"""Stats times pairs of models that are compared in one go."""

ROUNDING = 1e-12
"""Means that differ by less than this share of their size are equal: the rest is rounding."""


@dataclass(frozen=True)
class ModelTable:
    """Targets with a prediction, as HELM's tables have them: a model and a scenario per cell.

    Attributes:
        stats, models: how many there are.
        scenario: (runs,), the number of each run's scenario.
        starts: where the first target of each scenario stands, and at last the end.
        cell: (targets,), the number of each one's stat and model, ascending within a scenario.
        run: (targets,), the number of its run.
        predicted, actual: (targets,).
    """

    stats: int
    models: int
    scenario: Numbers
    starts: Numbers
    cell: Numbers
    run: Numbers
    predicted: Array
    actual: Array

    @classmethod
    def of(cls, targets: PreparedTargets) -> "ModelTable":
        """Return the table of the targets that have a prediction."""
        rows, clusters = targets.rows, targets.clusters
        stat = combine(map(targets.number, NAME_COLUMNS), rows.height)
        scenario, model = clusters.scenarios[targets.runs], clusters.models[targets.runs]
        models = int(model.max(initial=-1)) + 1
        cell = stat * models + model
        order = np.lexsort((cell, scenario))
        order = order[rows["predicted_mean"].is_not_null().to_numpy()[order]]
        scenarios = int(clusters.scenarios.max(initial=-1)) + 1
        return cls(
            stats=int(stat.max(initial=-1)) + 1,
            models=models,
            scenario=clusters.scenarios,
            starts=np.searchsorted(scenario[order], np.arange(scenarios + 1)),
            cell=cell[order],
            run=targets.runs[order],
            predicted=rows["predicted_mean"].to_numpy()[order],
            actual=rows["actual_mean"].to_numpy()[order],
        )

    def model_rank(self) -> Estimator:
        """Return Kendall's tau of models by their mean over scenarios: the mean over stats.

        No unit, -1 to 1. A pair of models whose predicted means are equal counts as in a random
        order. A model's mean is over the scenarios that it has. Source: HELM's
        ``compute_aggregate_row_means``; Somers (1962) for equal predictions.
        """

        def compare(predicted: Array, actual: Array) -> float:
            right, pairs = np.zeros(self.stats), np.zeros(self.stats)
            for first, second in _pairs(self.models, self.stats):
                one, other = (
                    _signs(each[:, first], each[:, second]) for each in (predicted, actual)
                )
                right += (one * other).sum(1)
                pairs += np.abs(other).sum(1)
            return _mean(quotient(right, pairs))

        return self._estimate(np.copy, compare)

    def win_rate_error(self) -> Estimator:
        """Return the mean of |predicted - actual| win rate, over models and stats. 0 to 1.

        A model's win rate in a scenario is the share of the other models there whose mean is lower,
        equal ones counting half; then the mean over the scenarios that have two models or more.
        Where lower is better, both rates are 1 less that, and their difference is the same.
        Source: HELM's ``compute_aggregate_row_win_rates``.
        """
        return self._estimate(
            _win_rates, lambda predicted, actual: _mean(np.abs(predicted - actual))
        )

    def _estimate(
        self, of_scenario: Callable[[Array], Array], compare: Callable[[Array, Array], float]
    ) -> Estimator:
        """Return what compares both sides' means over scenarios.

        Without the runs of one cluster most scenarios are as before: only others are computed anew.

        Args:
            of_scenario: (stats, models) means of a scenario -> what is averaged over scenarios.
            compare: is given both sides' (stats, models) means over scenarios.
        """
        scenarios = len(self.starts) - 1
        cells = self.stats * self.models
        if cells * scenarios > MOST_CELLS or not len(self.cell):
            return lambda weights: np.full(len(weights), np.nan)

        def columns(weights: Array, number: int) -> Array:
            return np.stack([of_scenario(means) for means in self._means(weights, number)])

        whole = np.ones(len(self.scenario))
        before = [columns(whole, number) for number in range(scenarios)]
        filled, is_there = np.nan_to_num(before), ~np.isnan(before)
        totals = np.nansum(before, axis=0), is_there.sum(0)

        def estimate(weights: Array) -> Array:
            if len(weights) > 1 and len(weights) * cells * self.models > MOST_COMPARED:
                return np.full(len(weights), np.nan)
            found = np.empty(len(weights))
            for row, of_runs in enumerate(weights):
                total, count = totals[0].copy(), totals[1].astype(np.float64)
                for number in np.unique(self.scenario[of_runs != 1]):
                    now = columns(of_runs, number)
                    total -= filled[number]
                    total += np.nan_to_num(now)
                    count += ~np.isnan(now)
                    count -= is_there[number]
                found[row] = compare(*quotient(total, count))
            return found

        return estimate

    def _means(self, weights: Array, scenario: int) -> Iterator[Array]:
        """Yield both sides' (stats, models) means in a scenario, NaN without a target."""
        some = slice(self.starts[scenario], self.starts[scenario + 1])
        of_rows, cell = weights[self.run[some]], self.cell[some]
        size = self.stats * self.models
        total = np.bincount(cell, of_rows, size).astype(np.float64)
        for side in (self.predicted, self.actual):
            sums = np.bincount(cell, of_rows * side[some], size).astype(np.float64)
            yield quotient(sums, total).reshape(self.stats, self.models)


def _win_rates(means: Array) -> Array:
    """Return the win rates of (stats, models) means, NaN where there is no other model."""
    is_there = ~np.isnan(means)
    wins = is_there * -0.5  # as each is compared with itself too
    at_once = max(1, CELLS_AT_ONCE // max(1, means.size))
    for first in range(0, means.shape[1], at_once):
        against = means[:, np.newaxis, first : first + at_once]
        is_pair = is_there[:, :, np.newaxis] & ~np.isnan(against)
        signs = _signs(means[:, :, np.newaxis], against)
        wins += np.where(is_pair, (1 + signs) / 2, 0).sum(2)
    others = is_there.sum(1, keepdims=True) - 1
    return np.where(is_there & (others > 0), wins / np.maximum(others, 1), np.nan)


def _pairs(models: int, stats: int) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield the pairs of models, of so many at a time that their stats are few enough."""
    first, second = np.tril_indices(models, -1)
    at_once = max(1, CELLS_AT_ONCE // max(1, stats))
    for start in range(0, len(first), at_once):
        yield first[start : start + at_once], second[start : start + at_once]


def _signs(first: Array, second: Array) -> Array:
    """Return 1 where the first is larger, -1 where it is smaller, 0 where one is not there."""
    difference = first - second
    is_same = np.abs(difference) <= ROUNDING * (np.abs(first) + np.abs(second))
    return np.where(is_same | np.isnan(difference), 0, np.sign(difference))


def _mean(values: Array) -> float:
    """Return the mean of what is not NaN, NaN if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan
