"""Predict the run's mean from its revealed items, with weights that fit the train models.

Source: the "ridge" of benchmark prediction, e.g. arXiv 2506.07673.
"""

import numpy as np
from items import Estimate, ItemPredictor
from problem import Problem
from sklearn.linear_model import RidgeCV

PENALTIES = np.logspace(-2, 3, 11)
FEWEST_MODELS = 3


class RidgeOnSample(ItemPredictor):
    """One row per train model: the scores of the revealed items, and the mean of all items."""

    def estimate(self, problem: Problem) -> Estimate:
        shared = problem.items.columns.intersection(problem.scores.index)
        rows = problem.items[shared].dropna()
        if shared.empty or len(rows) < FEWEST_MODELS:
            return problem.sample_or_prior, None
        means = problem.items.loc[rows.index].mean(axis=1)
        fitted = RidgeCV(PENALTIES).fit(rows.to_numpy(), means)
        mean = fitted.predict([problem.scores[shared].to_numpy()])[0]
        return mean, float(np.sqrt(-fitted.best_score_))
