"""Predict a stat from the strength of the perturbation, with a line fitted to the train runs."""

import numpy as np
import pandas as pd

from runner.contract import Predictor, Stat, Target

PROBABILITY = "stats.name.perturbation.prob"


class PerturbationLinearPredictor(Predictor):
    """MAGNET's perturbation example for every target: mean = slope * probability + intercept."""

    def predict(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[str, list[Stat]]:
        predictions: dict[str, list[Stat]] = {}
        for target in self.case.targets:
            mean = predicted_mean(train_stats_df, target)
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(mean))
        return predictions


def predicted_mean(stats: pd.DataFrame, target: Target) -> float:
    """Return the line's value at the target's probability; 0 where nothing is perturbed."""
    rows = stats[(stats["stats.name.name"] == target.name.name) & stats["stats.mean"].notna()]
    if rows.empty:
        return 0.5
    perturbation = target.name.perturbation or {}
    if "computed_on" in perturbation and "stats.name.perturbation.computed_on" in rows:
        same = rows["stats.name.perturbation.computed_on"] == perturbation["computed_on"]
        rows = rows[same | rows["stats.name.perturbation.computed_on"].isna()]
    probability = rows[PROBABILITY].fillna(0.0) if PROBABILITY in rows else 0.0 * rows["stats.mean"]
    if probability.nunique() < 2:
        return float(rows["stats.mean"].mean())
    slope, intercept = np.polyfit(probability.astype(float), rows["stats.mean"], deg=1)
    return float(np.clip(slope * perturbation.get("prob", 0.0) + intercept, 0.0, 1.0))
