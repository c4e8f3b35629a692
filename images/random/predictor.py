"""Predict a random number for every target: the score that any predictor should beat."""

import random

import pandas as pd

from runner.contract import InstanceTarget, Predictor, Stat


class RandomPredictor(Predictor):
    """Draws each mean uniformly from 0 to 1, with the seed of the case."""

    def predict(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[str, list[Stat]]:
        draw = random.Random(self.case.manifest.seed)
        predictions: dict[str, list[Stat]] = {}
        for target in self.case.targets:
            stat = target.predicted(mean=draw.random())
            predictions.setdefault(target.run_spec_name, []).append(stat)
        return predictions

    def predict_instances(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[InstanceTarget, Stat]:
        draw = random.Random(self.case.manifest.seed)
        return {
            target: target.predicted(mean=draw.random()) for target in self.case.instance_targets
        }
