"""Predict each item from the train models, and correct the mean by the revealed items' residuals.

Source: augmented inverse probability weighting with ridge as the control variate, arXiv 2506.07673.
"""

import numpy as np
from items import Estimate, ItemPredictor
from problem import Problem
from sklearn.linear_model import RidgeCV

PENALTIES = np.logspace(-1, 3, 9)
FEWEST_ITEMS = 5


class Aipw(ItemPredictor):
    """One row per revealed item of any scenario: what the train models have, and the run's own."""

    def estimate(self, problem: Problem) -> Estimate:
        items = problem.items.T.fillna(problem.items.mean(axis=1))
        known = problem.scores[problem.scores.index.isin(items.index)]
        if known.empty or not items.shape[1]:
            return problem.sample_or_prior, None
        train = problem.train.loc[items.columns].T
        rows = train.loc[train.index.isin(problem.revealed.index)].dropna()
        if len(rows) < FEWEST_ITEMS:
            return known.mean(), problem.sample_error(known)
        fitted = RidgeCV(PENALTIES).fit(rows.to_numpy(), problem.revealed.loc[rows.index])
        predicted = dict(zip(items.index, fitted.predict(items.to_numpy()), strict=True))
        residuals = known - known.index.map(predicted)
        mean = np.mean(list(predicted.values())) + residuals.mean()
        return float(mean), problem.sample_error(residuals)
