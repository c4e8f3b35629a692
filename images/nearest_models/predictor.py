"""Predict what the train models have that answer most alike, moved by the items that are revealed.

Source: nearest models in the space of their answers, as in data kernel perspective space
(arXiv 2409.12446); here the space is that of the items' scores.
"""

import numpy as np
from items import Estimate, ItemPredictor
from problem import Problem

WIDTH = 0.1
"""A model that differs on this share of the items more than another counts 2.7 times less."""


class NearestModels(ItemPredictor):
    """Models are compared on all items that are revealed, of any scenario."""

    def estimate(self, problem: Problem) -> Estimate:
        others = problem.others
        shared = problem.train.columns.intersection(problem.revealed.index)
        if shared.empty or problem.scenario not in problem.means:
            return problem.sample_or_prior, None
        low, high = problem.bounds
        off = (problem.train[shared] - problem.revealed[shared]).abs().mean(axis=1)
        distances = (off / ((high - low) or 1)).reindex(others.index).dropna()
        if distances.empty:
            return problem.sample_or_prior, None
        weights = np.exp(-(distances - distances.min()) / WIDTH)
        weights /= weights.sum()
        means = others[weights.index]
        mean = float((weights * means).sum())
        return mean, float(np.sqrt((weights * (means - mean) ** 2).sum()))
