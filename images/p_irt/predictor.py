"""Predict the items that are not revealed from the model's ability.

Source: p-IRT of tinyBenchmarks, arXiv 2402.14992.
"""

from irt import Fits
from items import Estimate, ItemPredictor, Problem


class PIrt(ItemPredictor):
    """The items of all scenarios are fitted together: a model has one ability."""

    def __init__(self) -> None:
        self.fits = Fits()

    def estimate(self, problem: Problem) -> Estimate:
        mean = self.fits.estimate(problem)
        return (problem.sample_or_prior if mean is None else mean), None
