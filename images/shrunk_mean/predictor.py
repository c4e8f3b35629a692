"""Predict between the sample's mean and the train models', by how sure each of them is.

Source: the posterior mean of a normal prior, e.g. Efron and Morris (1973), Journal of the American
Statistical Association 68.
"""

import math

from items import Estimate, ItemPredictor
from problem import Problem

FEWEST_MODELS = 2


class ShrunkMean(ItemPredictor):
    """Few revealed items move the estimate little, many move it far."""

    def estimate(self, problem: Problem) -> Estimate:
        others, scores = problem.others, problem.scores
        if scores.empty:
            return problem.prior, None
        sample_variance = problem.sample_error(scores) ** 2
        if len(others) < FEWEST_MODELS or not sample_variance:
            return scores.mean(), math.sqrt(sample_variance)
        # One more model would differ from their mean by this much. A few can agree by chance in a
        # scenario, so that the variance is that of all scenarios.
        within = problem.means.var().mean()
        prior_variance = max(within * (1 + 1 / len(others)), 1e-6)
        weight = prior_variance / (prior_variance + sample_variance)
        mean = weight * scores.mean() + (1 - weight) * others.mean()
        return mean, math.sqrt(weight * sample_variance)
