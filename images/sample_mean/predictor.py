"""Predict the mean of the revealed items: what every method has to beat."""

from items import Estimate, ItemPredictor
from problem import Problem


class SampleMean(ItemPredictor):
    """Knows the run's own revealed scores, and no other model's."""

    def estimate(self, problem: Problem) -> Estimate:
        if problem.scores.empty:
            return problem.prior, None
        return problem.scores.mean(), problem.sample_error(problem.scores)
