"""The base of the gallery's predictors.

Each of them says only how it estimates the mean of a run from the scores that it may see.
"""

import math
from abc import abstractmethod

import numpy as np
import pandas as pd
from known_scores import KnownScores
from problem import UNKNOWN, Problem

from runner.contract import InstanceTarget, Predictor, Stat

Estimate = tuple[float, float | None]
"""A mean, and its standard deviation if the method has one."""


class ItemPredictor(Predictor):
    """A predictor that estimates one stat at a time."""

    @abstractmethod
    def estimate(self, problem: Problem) -> Estimate:
        """Return the mean of the run."""

    def predict(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[str, list[Stat]]:
        specs = pd.concat([train_run_specs_df, eval_run_specs_df])
        wanted = {target.name.name for target in self.case.targets}
        known = KnownScores(specs, wanted, train_stats_df, *self._item_scores())
        predictions: dict[str, list[Stat]] = {}
        for target in self.case.targets:
            problem = known.problem(target)
            mean, stddev = self.estimate(problem)
            mean = float(np.clip(mean if math.isfinite(mean) else problem.prior, *problem.bounds))
            spread = {"stddev": float(stddev)} if stddev and math.isfinite(stddev) else {}
            predictions.setdefault(target.run_spec_name, []).append(
                target.predicted(mean, **spread)
            )
        return predictions

    def predict_instances(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[InstanceTarget, Stat]:
        specs = pd.concat([train_run_specs_df, eval_run_specs_df])
        wanted = {target.name.name for target in self.case.instance_targets}
        known = KnownScores(specs, wanted, train_stats_df, *self._item_scores())
        predictions = {}
        for target in self.case.instance_targets:
            problem = known.problem(target)
            items = problem.items
            has_item = target.instance_id in items
            scores = items[target.instance_id].dropna() if has_item else problem.others
            mean = float(scores.mean()) if len(scores) else UNKNOWN
            predictions[target] = target.predicted(mean)
        return predictions

    def _item_scores(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        train, shown = self.case.train_per_instance_stats_df, self.case.eval_per_instance_stats_df
        return train, train.iloc[:0] if shown is None else shown
