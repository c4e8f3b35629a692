"""Complete the table of models and scenarios, whose logits are of low rank.

Source: logit low-rank completion, arXiv 2606.24020; here by alternating ridge regressions.
"""

import numpy as np
import pandas as pd
from items import Estimate, ItemPredictor
from problem import Problem
from scipy.special import expit, logit

RANK = 1
PENALTY = 1.0
ROUNDS = 30
EDGE = 0.02
"""Shares are kept this far from 0 and 1, whose logits are infinite."""


class LowRank(ItemPredictor):
    """The evaluated model's row has the means of its revealed items, by how many there are."""

    def __init__(self) -> None:
        self.completed: dict[int, tuple[pd.DataFrame, pd.Series]] = {}

    def estimate(self, problem: Problem) -> Estimate:
        low, high = problem.bounds
        if problem.scenario not in problem.means or low < 0 or high > 1:
            return problem.sample_or_prior, None
        # The same table for all runs of a model. It is kept: its place in memory is no other's.
        place = id(problem.train)
        if place not in self.completed:
            self.completed[place] = problem.train, complete_row(problem)
        return float(self.completed[place][1][problem.scenario]), None


def complete_row(problem: Problem) -> pd.Series:
    """Return the shares of the problem's model, by scenario."""
    known = problem.means.drop(index=problem.model, errors="ignore")
    shown = problem.revealed.groupby(level=0)
    own, counts = shown.mean(), shown.count()
    totals = problem.train.columns.get_level_values(0).value_counts()
    table = np.vstack([known.to_numpy(), own.reindex(known.columns).to_numpy()])
    weights = np.isfinite(table).astype(float)
    weights[-1] *= (counts / totals).reindex(known.columns).fillna(1).to_numpy()
    logits = logit(np.clip(np.where(np.isfinite(table), table, 0.5), EDGE, 1 - EDGE))
    return pd.Series(expit(complete(logits, weights)[-1]), known.columns)


def complete(table: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the table of low rank, with an effect of each row and column, that fits best."""
    rows, columns = table.shape
    rng = np.random.default_rng(0)
    left = np.column_stack([np.ones(rows), np.zeros(rows), rng.normal(size=(rows, RANK)) / 10])
    right = np.column_stack([np.zeros(columns), np.ones(columns), np.zeros((columns, RANK))])
    right[:, 0] = (weights * table).sum() / weights.sum()
    for _ in range(ROUNDS):
        for each in range(columns):  # the column's effect, and what it takes of each factor
            right[each, [0, *range(2, 2 + RANK)]] = fit(
                left[:, [0, *range(2, 2 + RANK)]],
                table[:, each] - left[:, 1],
                weights[:, each],
                right[:, 0].mean(),
            )
        for each in range(rows):
            left[each, 1:] = fit(right[:, 1:], table[each] - right[:, 0], weights[each], 0.0)
    return left @ right.T


def fit(inputs: np.ndarray, wanted: np.ndarray, weights: np.ndarray, centre: float) -> np.ndarray:
    """Return ridge's coefficients; the first is drawn to the centre, the others to 0."""
    aim = np.zeros(inputs.shape[1])
    aim[0] = centre
    weighted = inputs * weights[:, None]
    square = weighted.T @ inputs + PENALTY * np.eye(inputs.shape[1])
    return np.linalg.solve(square, weighted.T @ wanted + PENALTY * aim)
