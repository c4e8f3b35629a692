"""Item response theory: how able models are, and how hard items are.

Source: the two-parameter logistic model, as in tinyBenchmarks (arXiv 2402.14992), here with normal
priors: a benchmark has few models.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from problem import Problem
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit

Array = NDArray[np.float64]
SPREAD_OF_SLOPES = 0.5
"""Of the logarithms of the items' slopes."""


@dataclass(frozen=True)
class Items:
    """Slopes and difficulties, by (scenario, item)."""

    slopes: pd.Series
    difficulties: pd.Series

    def probabilities(self, ability: float) -> pd.Series:
        """Return how probably a model of this ability has each item right."""
        return pd.Series(expit(self.slopes * (ability - self.difficulties)), self.slopes.index)

    def ability(self, scores: pd.Series) -> float:
        """Return the most probable ability, given the scores of some items."""
        known = scores[scores.index.isin(self.slopes.index)]
        slopes, hard = self.slopes[known.index].to_numpy(), self.difficulties[known.index]

        def loss(ability: float) -> float:
            chance = np.clip(expit(slopes * (ability - hard.to_numpy())), 1e-9, 1 - 1e-9)
            values = known.to_numpy()
            fits = values * np.log(chance) + (1 - values) * np.log(1 - chance)
            return float(ability**2 / 2 - fits.sum())

        return float(minimize_scalar(loss, bounds=(-6, 6), method="bounded").x)

    def mean(self, scenario: str, scores: pd.Series) -> float:
        """Return the mean of a scenario: known items as they are, others by the ability."""
        chances = self.probabilities(self.ability(scores))[scenario]
        known = scores[scores.index.get_level_values(0) == scenario].droplevel(0)
        chances.update(known)
        return float(chances.mean())


def fit_items(scores: pd.DataFrame) -> Items:
    """Return the most probable items.

    Args:
        scores: (models, items) from 0 to 1; unknown ones are NaN.
    """
    values = scores.to_numpy(float)
    is_known = np.isfinite(values)
    values = np.where(is_known, values, 0)
    models, items = values.shape

    def loss(packed: Array) -> tuple[float, Array]:
        abilities, logs, hard = np.split(packed, [models, models + items])
        slopes = np.exp(logs)
        off = abilities[:, None] - hard
        chance = np.clip(expit(slopes * off), 1e-9, 1 - 1e-9)
        fits = values * np.log(chance) + (1 - values) * np.log(1 - chance)
        prior = (packed**2).sum() / 2 + (logs**2).sum() * (1 / SPREAD_OF_SLOPES**2 - 1) / 2
        slack = np.where(is_known, chance - values, 0)
        gradient: Any = np.concatenate(
            [
                (slack * slopes).sum(1) + abilities,
                (slack * off * slopes).sum(0) + logs / SPREAD_OF_SLOPES**2,
                -(slack * slopes).sum(0) + hard,
            ]
        )
        return float(prior - fits[is_known].sum()), gradient

    found = minimize(loss, np.zeros(models + 2 * items), jac=True, method="L-BFGS-B").x
    _, logs, hard = np.split(found, [models, models + items])
    return Items(pd.Series(np.exp(logs), scores.columns), pd.Series(hard, scores.columns))


class Fits:
    """The items of all scenarios, fitted once for each stat and model."""

    def __init__(self) -> None:
        self.fitted: dict[int, tuple[pd.DataFrame, Items]] = {}

    def estimate(self, problem: Problem) -> float | None:
        """Return the mean of a run: revealed items as they are, others by the model's ability.

        None for a stat that is no share, and for a scenario or model of which no item is known.
        """
        low, high = problem.bounds
        if problem.items.empty or problem.revealed.empty or low < 0 or high > 1:
            return None
        return self._fitted(problem).mean(problem.scenario, problem.revealed)

    def squared_bias(self, problem: Problem) -> float:
        """Return how far off the estimates are for train models of whom as many items are known."""
        shown = problem.train.columns.intersection(problem.revealed.index)
        fitted = self._fitted(problem)
        shares = problem.train.loc[problem.items.index, shown]
        errors = [
            fitted.mean(problem.scenario, shares.iloc[each].dropna()) - own
            for each, own in enumerate(problem.items.mean(axis=1))
        ]
        return float(np.mean(np.square(errors)))

    def _fitted(self, problem: Problem) -> Items:
        # The same table for all runs of a model. It is kept: its place in memory is no other's.
        place = id(problem.train)
        if place not in self.fitted:
            self.fitted[place] = problem.train, fit_items(problem.train)
        return self.fitted[place][1]
