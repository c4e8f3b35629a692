"""Reads a case's frames: the scores of items, and of models, for each target."""

import math
from collections.abc import Collection, Iterable
from functools import cache

import pandas as pd
from problem import Problem

from runner.contract import InstanceTarget, Target

RUN = "run_spec.name"
SCENARIO = "run_spec.scenario_spec."
DEPLOYMENT = "run_spec.adapter_spec.model_deployment"
MODEL = "run_spec.adapter_spec.model"
KEY = ["name", "split", "perturbation.name", "perturbation.computed_on"]


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
