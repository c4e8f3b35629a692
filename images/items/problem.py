"""What a gallery's predictor is asked: the mean of one stat over a run, and what may help.

An item is an instance of a scenario.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

UNKNOWN = 0.5


@dataclass(frozen=True)
class Problem:
    """One stat of one run, and the scores that may help.

    Attributes:
        train: (models, items of all scenarios), the stat of each item; columns (scenario, item).
        revealed: the scores of the run's own model, by (scenario, item), as far as they are known.
        means: (models, scenarios), the stat over a run.
    """

    scenario: str
    model: str
    train: pd.DataFrame
    revealed: pd.Series
    means: pd.DataFrame

    @cached_property
    def items(self) -> pd.DataFrame:
        """(models, items), the train scores in the run's own scenario; no column if it is new."""
        return _of_scenario(self.train, self.scenario).dropna(how="all")

    @cached_property
    def scores(self) -> pd.Series:
        """The revealed scores of the run, by item."""
        known = self.revealed[self.revealed.index.get_level_values(0) == self.scenario]
        return known.droplevel(0)

    @cached_property
    def others(self) -> pd.Series:
        """What the train models have in the run's scenario, or in all if it is new."""
        own = self.means.get(self.scenario, pd.Series(self.means.to_numpy(float).ravel()))
        return own.dropna()

    @property
    def prior(self) -> float:
        """The mean of the train models."""
        return float(self.others.mean()) if len(self.others) else UNKNOWN

    @property
    def sample_or_prior(self) -> float:
        """The mean of the revealed scores; of the train models if there are none."""
        return float(self.scores.mean()) if len(self.scores) else self.prior

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest score known: no estimate is beyond them."""
        known = [self.train.to_numpy().ravel(), self.means.to_numpy().ravel(), self.revealed]
        values = np.concatenate([np.asarray(each, float) for each in known])
        values = values[np.isfinite(values)]
        return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)

    def sample_error(self, scores: pd.Series | np.ndarray) -> float:
        """Return the standard error of a mean of revealed scores, or of their residuals.

        The bounds count as two more scores: a few equal ones don't prove that all are equal.
        """
        low, high = self.bounds
        centre = float(np.mean(scores))
        spread = np.var([*scores, centre + (high - low) / 2, centre - (high - low) / 2])
        total = self.items.shape[1] or math.inf
        left = max(1 - len(scores) / total, 0)  # of all items nothing is unknown
        return math.sqrt(spread / len(scores) * left)


def _of_scenario(table: pd.DataFrame, scenario: str) -> pd.DataFrame:
    own = table.loc[:, table.columns.get_level_values(0) == scenario]
    return own.droplevel(0, axis=1)
