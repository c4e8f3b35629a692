"""What the gallery's predictors share: the scores of items, and of models, for each target.

An item is an instance of a scenario. A predictor of the gallery says only how it estimates the
mean of a run from the scores that it may see.
"""

import math
from abc import abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pandas as pd

from runner.contract import InstanceTarget, Predictor, Stat, Target

RUN = "run_spec.name"
SCENARIO = "run_spec.scenario_spec."
DEPLOYMENT = "run_spec.adapter_spec.model_deployment"
MODEL = "run_spec.adapter_spec.model"
KEY = ["name", "split", "perturbation.name", "perturbation.computed_on"]
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


class KnownScores:
    """The scores of a case, as tables for each of the wanted stats."""

    def __init__(
        self,
        specs: pd.DataFrame,
        wanted: Collection[str],
        stats: pd.DataFrame,
        train_items: pd.DataFrame,
        eval_items: pd.DataFrame,
    ) -> None:
        self.wanted = wanted
        self.scenarios = _scenarios(specs)
        deployments = specs[DEPLOYMENT] if DEPLOYMENT in specs else specs[MODEL]
        self.models = pd.Series(deployments.fillna(specs[MODEL]).to_numpy(), specs[RUN])
        items = "per_instance_stats."
        self.stats = self._tables(stats, "stats.", ["scenario"])
        self.train = self._tables(train_items, f"{items}stats.", ["scenario", "item"])
        self.eval = self._tables(eval_items, f"{items}stats.", ["scenario", "item"])

    def _tables(
        self, frame: pd.DataFrame, prefix: str, columns: list[str]
    ) -> dict[tuple[object, ...], pd.DataFrame]:
        """Return (models, columns) means by the stat's key."""
        if f"{prefix}mean" not in frame:
            return {}
        frame = frame[frame[f"{prefix}name.name"].isin(self.wanted)]
        rows = pd.DataFrame({"value": frame[f"{prefix}mean"].astype(float)})
        rows["scenario"] = frame[RUN].map(self.scenarios)
        rows["model"] = frame[RUN].map(self.models)
        rows["item"] = frame.get("per_instance_stats.instance_id")
        for field in KEY:
            column = frame.get(f"{prefix}name.{field}")
            rows[field] = "" if column is None else column.fillna("").astype(str)
        if prefix != "stats." and "per_instance_stats.perturbation.name" in frame:
            rows["perturbation.name"] = frame["per_instance_stats.perturbation.name"].fillna("")
        groups = rows.dropna(subset=["value"]).groupby(KEY, sort=False)
        return {
            key: of_key.pivot_table(values="value", index="model", columns=columns, aggfunc="mean")
            for key, of_key in groups
        }

    def problem(self, target: Target | InstanceTarget) -> Problem:
        """Return a target's problem. What is known of its model anywhere counts as revealed."""
        perturbation = target.name.perturbation or {}
        key = (
            target.name.name,
            target.name.split or "",
            str(perturbation.get("name") or ""),
            str(perturbation.get("computed_on") or ""),
        )
        return self._problem(key, target.run_spec_name)

    @cache  # noqa: B019  (there is one of these in a process)
    def _problem(self, key: tuple[str, ...], run: str) -> Problem:
        model = self.models[run]
        train, revealed = self._of_model(key, model)
        means = self.stats.get(key, pd.DataFrame())
        return Problem(self.scenarios[run], model, train, revealed, means)

    @cache  # noqa: B019  (there is one of these in a process)
    def _of_model(self, key: tuple[str, ...], model: str) -> tuple[pd.DataFrame, pd.Series]:
        """Return the items of the other models, and the model's own."""
        none = pd.DataFrame(columns=pd.MultiIndex.from_tuples([], names=["scenario", "item"]))
        train, shown = self.train.get(key, none), self.eval.get(key, none)
        own = [each.loc[[model]].iloc[0].dropna() for each in (shown, train) if model in each.index]
        revealed = pd.concat(own) if own else pd.Series(dtype=float, index=none.columns)
        others = train.drop(index=model, errors="ignore")
        return others, revealed[~revealed.index.duplicated()]


def _of_scenario(table: pd.DataFrame, scenario: str) -> pd.DataFrame:
    own = table.loc[:, table.columns.get_level_values(0) == scenario]
    return own.droplevel(0, axis=1)


def _scenarios(specs: pd.DataFrame) -> pd.Series:
    """Return each run's scenario spec as text, by the run's name; 3 equals 3.0."""
    columns = sorted(column for column in specs.columns if column.startswith(SCENARIO))
    texts = [_text(zip(columns, row, strict=True)) for row in specs[columns].to_numpy(object)]
    return pd.Series(texts, index=specs[RUN].to_numpy())


def _text(cells: Iterable[tuple[str, object]]) -> str:
    words = []
    for column, value in cells:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        plain = int(value) if isinstance(value, float) and value.is_integer() else value
        words.append(f"{column.removeprefix(SCENARIO)}={plain}")
    return " ".join(words)
