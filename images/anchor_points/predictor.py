"""Predict each item as the revealed item on which the train models answered most alike.

Source: anchor points, arXiv 2309.08638; here the anchors are the items that the suite reveals.
"""

import numpy as np
from items import Estimate, ItemPredictor
from problem import Problem
from scipy.spatial.distance import cdist


class AnchorPoints(ItemPredictor):
    """A revealed item counts for itself and for all items that are nearer to it than to others."""

    def estimate(self, problem: Problem) -> Estimate:
        items = problem.items.dropna(axis=1)
        anchors = items.columns.intersection(problem.scores.index)
        if anchors.empty:
            return problem.sample_or_prior, None
        distances = cdist(items.T.to_numpy(float), items[anchors].T.to_numpy(float))
        nearest = distances == distances.min(axis=1, keepdims=True)
        # Where several are equally near, each has its share.
        weights = (nearest / nearest.sum(axis=1, keepdims=True)).mean(axis=0)
        return float(np.dot(weights, problem.scores[anchors])), None
