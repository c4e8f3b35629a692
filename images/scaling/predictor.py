"""Predict from the model's size, with a line in each scenario for the models of its family.

Source: observational scaling laws (arXiv 2405.10938), with the size from the model's name.
"""

import math
import re

import numpy as np
import pandas as pd
from items import Estimate, ItemPredictor
from problem import Problem
from scipy.special import expit, logit

EDGE = 0.02
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bm])\b", re.IGNORECASE)
PENALTY = 1.0


class Scaling(ItemPredictor):
    """The logit of a share grows by the same in all scenarios when a model is ten times larger."""

    def estimate(self, problem: Problem) -> Estimate:
        size = find_size(problem.model)
        low, high = problem.bounds
        if size is None or problem.means.empty or low < 0 or high > 1:
            return problem.prior, None
        others = problem.means.drop(index=problem.model, errors="ignore")
        sizes = pd.Series({each: find_size(each) for each in others.index}, dtype=float).dropna()
        same = [each for each in sizes.index if family(each) == family(problem.model)]
        sizes = sizes[same] if len(same) > 1 else sizes
        if problem.scenario not in others or sizes.nunique() < 2:
            return problem.prior, None
        shares = logit(others.loc[sizes.index].clip(EDGE, 1 - EDGE))
        off = sizes - sizes.mean()
        centred = shares - shares.mean()
        slope = float(
            np.nansum(centred.mul(off, axis=0))
            / (np.nansum(centred.notna().mul(off**2, axis=0).to_numpy()) + PENALTY)
        )
        own = shares[problem.scenario].dropna()
        if own.empty:
            return problem.prior, None
        level = float((own - slope * sizes[own.index]).mean())
        return float(expit(level + slope * size)), None


def find_size(model: str) -> float | None:
    """Return the logarithm, base 10, of a model's parameters, e.g. 9.9 for ``llama-3-8b``."""
    found = SIZE.search(model)
    if found is None or not float(found[1]):
        return None
    return math.log10(float(found[1]) * (1e9 if found[2].lower() == "b" else 1e6))


def family(model: str) -> str:
    """Return a model's name without who serves it, and without its size and version."""
    return re.split(r"[^a-z]", model.rpartition("/")[2].lower().removeprefix("meta-"))[0]
