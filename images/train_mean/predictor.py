"""Predict the mean of the train runs' stats that are most like the target."""

import pandas as pd

from runner.contract import InstanceTarget, Predictor, Stat, Target


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
            mean = similar_mean(train_stats_df, target)
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
            target: target.predicted(similar_mean(stats, target))
            for target in self.case.instance_targets
        }


def as_in_stats(column: str) -> str:
    """Return what a column of per_instance_stats is called in the stats frame."""
    return column.removeprefix("per_instance_stats.")


def similar_mean(stats: pd.DataFrame, target: Target | InstanceTarget) -> float:
    """Return the mean of the stats that are most like the target; 0.5 if there is none."""
    if "stats.mean" not in stats:  # no train run has any stat
        return 0.5
    similar = similar_stats(stats, target)
    return float(similar["stats.mean"].mean()) if len(similar) else 0.5


def similar_stats(stats: pd.DataFrame, target: Target | InstanceTarget) -> pd.DataFrame:
    """Return the rows of the target's stat; a key field narrows them unless none would be left."""
    rows = stats[(stats["stats.name.name"] == target.name.name) & stats["stats.mean"].notna()]
    wanted = {"split": target.name.split, "sub_split": target.name.sub_split}
    perturbation = target.name.perturbation or {"name": None}
    wanted |= {f"perturbation.{field}": value for field, value in perturbation.items()}
    for field, value in wanted.items():
        column = f"stats.name.{field}"
        if column in rows:
            same = rows[column].isna() if value is None else rows[column].isin([value])
            rows = rows[same] if same.any() else rows
    return rows
