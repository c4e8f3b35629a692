"""Predict between p-IRT and the sample's mean, by the error of each.

Source: gp-IRT of tinyBenchmarks, arXiv 2402.14992.
"""

import math

from irt import Fits
from items import Estimate, ItemPredictor
from problem import Problem


class GpIrt(ItemPredictor):
    """The error of p-IRT is the train models', of whom as many items count as known."""

    def __init__(self) -> None:
        self.fits = Fits()

    def estimate(self, problem: Problem) -> Estimate:
        fitted = self.fits.estimate(problem)
        if fitted is None or problem.scores.empty:
            return (problem.sample_or_prior if fitted is None else fitted), None
        bias = self.fits.squared_bias(problem)
        noise = problem.sample_error(problem.scores) ** 2
        weight = bias / (bias + noise) if bias + noise else 0.0
        mean = weight * problem.scores.mean() + (1 - weight) * fitted
        return mean, math.sqrt(weight * noise)
