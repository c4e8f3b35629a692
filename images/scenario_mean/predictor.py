"""Predict the mean of the train runs' same stat in the eval run's own scenario."""

import math

import pandas as pd

from runner.contract import InstanceTarget, Predictor, Stat, Target

SCENARIO = "run_spec.scenario_spec."
RUN = "run_spec.name"
PERTURBATION = "stats.name.perturbation."


class ScenarioMeanPredictor(Predictor):
    """Knows how hard a scenario was for other models, but nothing about the evaluated model."""

    def predict(
        self,
        train_run_specs_df: pd.DataFrame,
        train_scenario_states_df: pd.DataFrame,
        train_stats_df: pd.DataFrame,
        eval_run_specs_df: pd.DataFrame,
        eval_scenario_states_df: pd.DataFrame,
    ) -> dict[str, list[Stat]]:
        known = KnownStats(train_stats_df, train_run_specs_df, eval_run_specs_df)
        predictions: dict[str, list[Stat]] = {}
        for target in self.case.targets:
            means = known.means(target)
            stddev = means.std() if len(means) > 1 else float("nan")
            spread = {"stddev": float(stddev)} if stddev > 0 else {}
            stat = target.predicted(means.mean() if len(means) else 0.5, **spread)
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
        stats = self.case.train_per_instance_stats_df.rename(columns=as_in_stats)
        known = KnownStats(stats, train_run_specs_df, eval_run_specs_df)
        of_targets = {target: known.means(target) for target in self.case.instance_targets}
        return {
            target: target.predicted(means.mean() if len(means) else 0.5)
            for target, means in of_targets.items()
        }


class KnownStats:
    """The stats of the train runs, found by an eval run's scenario."""

    def __init__(
        self, stats: pd.DataFrame, train_run_specs: pd.DataFrame, eval_run_specs: pd.DataFrame
    ) -> None:
        self.stats = stats
        self.train_scenarios = scenarios(train_run_specs)
        self.eval_scenarios = scenarios(eval_run_specs)

    def means(self, target: Target | InstanceTarget) -> pd.Series:
        """Return the means of the target's stat in its scenario, in all if it is new."""
        if "stats.mean" not in self.stats:  # no train run has any stat
            return pd.Series(dtype=float)
        is_same = self.train_scenarios == self.eval_scenarios[target.run_spec_name]
        same = same_stat(self.stats, target)
        of_scenario = same[same[RUN].isin(self.train_scenarios.index[is_same])]
        return (of_scenario if len(of_scenario) else same)["stats.mean"]


def as_in_stats(column: str) -> str:
    """Return what a column of per_instance_stats is called in the stats frame."""
    return column.removeprefix("per_instance_stats.")


def scenarios(run_specs: pd.DataFrame) -> pd.Series:
    """Return each run's scenario spec as text, by the run's name."""
    columns = sorted(column for column in run_specs.columns if column.startswith(SCENARIO))
    rows = run_specs.to_dict("records")
    texts = [" ".join(as_text(column, row[column]) for column in columns) for row in rows]
    return pd.Series([" ".join(text.split()) for text in texts], index=run_specs[RUN])


def as_text(column: str, value: object) -> str:
    """Return a cell and its column; empty if only other runs have the argument. 3 equals 3.0."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{column.removeprefix(SCENARIO)}={value}"


def same_stat(stats: pd.DataFrame, target: Target | InstanceTarget) -> pd.DataFrame:
    """Return the train stats of the target's name, split and sort of perturbation."""
    rows = stats[(stats["stats.name.name"] == target.name.name) & stats["stats.mean"].notna()]
    perturbation = target.name.perturbation or {}
    wanted = {
        "stats.name.split": target.name.split,
        f"{PERTURBATION}name": perturbation.get("name"),
        f"{PERTURBATION}computed_on": perturbation.get("computed_on"),
    }
    for column, value in wanted.items():
        if column in rows:
            rows = rows[rows[column].isna() if value is None else rows[column] == value]
    return rows
