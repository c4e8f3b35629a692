"""Predict the items that are not revealed from the model's ability.

Source: p-IRT of tinyBenchmarks, arXiv 2402.14992.
"""

import math

from irt import Fits
from items import Estimate, ItemPredictor
from problem import Problem


class PIrt(ItemPredictor):
    """The items of all scenarios are fitted together: a model has one ability.

    The standard deviation is the error for train models of whom as many items are known.
    """

    def __init__(self) -> None:
        self.fits = Fits()

    def estimate(self, problem: Problem) -> Estimate:
        mean = self.fits.estimate(problem)
        if mean is None:
            return problem.sample_or_prior, None
        return mean, math.sqrt(self.fits.squared_bias(problem))
