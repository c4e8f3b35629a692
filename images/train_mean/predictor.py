"""Predict the mean of the train runs' stats that are most like the target."""

import pandas as pd

from runner.contract import Predictor, Stat, Target


class TrainMeanPredictor(Predictor):
    """The baseline that skill is measured against: it knows the stat, but not the model."""

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
            similar = similar_stats(train_stats_df, target)
            mean = similar["stats.mean"].mean() if len(similar) else 0.5
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(mean))
        return predictions


def similar_stats(stats: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return the rows of the target's stat; a key field narrows them unless none would be left."""
    rows = stats[(stats["stats.name.name"] == target.name.name) & stats["stats.mean"].notna()]
    wanted = {"split": target.name.split, "sub_split": target.name.sub_split}
    perturbation = target.name.perturbation or {"name": None}
    wanted |= {f"perturbation.{field}": value for field, value in perturbation.items()}
    for field, value in wanted.items():
        column = f"stats.name.{field}"
        if column in rows:
            same = rows[column].isna() if value is None else rows[column] == value
            rows = rows[same] if same.any() else rows
    return rows
