"""Predict a stat from the strength of the perturbation, with a line fitted to the train runs."""

import numpy as np
import pandas as pd

from runner.contract import InstanceTarget, Predictor, Stat, Target

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

    def predict_instances(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[InstanceTarget, Stat]:
        stats = self.case.train_per_instance_stats_df.rename(columns=as_in_stats)
        return {
            target: target.predicted(predicted_mean(stats, target))
            for target in self.case.instance_targets
        }


def as_in_stats(column: str) -> str:
    """Return what a column of per_instance_stats is called in the stats frame."""
    return column.removeprefix("per_instance_stats.")


def predicted_mean(stats: pd.DataFrame, target: Target | InstanceTarget) -> float:
    """Return the line's value at the target's probability; 0 where nothing is perturbed."""
    if "stats.mean" not in stats:  # no train run has any stat
        return 0.5
    rows = stats[(stats["stats.name.name"] == target.name.name) & stats["stats.mean"].notna()]
    if rows.empty:
        return 0.5
    perturbation = target.name.perturbation or {}
    if "computed_on" in perturbation and "stats.name.perturbation.computed_on" in rows:
        same = rows["stats.name.perturbation.computed_on"] == perturbation["computed_on"]
        rows = rows[same | rows["stats.name.perturbation.computed_on"].isna()]
    given = rows[PROBABILITY] if PROBABILITY in rows else 0.0 * rows["stats.mean"]
    probability = pd.to_numeric(given, errors="coerce").fillna(0.0)
    wanted = pd.to_numeric(perturbation.get("prob", 0.0), errors="coerce")
    if probability.nunique() < 2 or np.isnan(wanted):
        return float(rows["stats.mean"].mean())
    slope, intercept = np.polyfit(probability, rows["stats.mean"], deg=1)
    return float(np.clip(slope * wanted + intercept, 0.0, 1.0))
