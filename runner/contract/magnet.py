"""MAGNET's predictors, unmodified, as predictors of this contract.

MAGNET (aiq-magnet 0.0.2 and 0.1.0) has two kinds. A ``RunPredictor`` returns ``RunPrediction``, an
``InstancePredictor`` returns ``InstancePrediction``. Both are given a ``TrainSplit`` and a
``SequesteredTestSplit`` of frames.

A prediction belongs to a target as in MAGNET's comparison: run, split, stat name and those
perturbation fields that the predictions name must be equal. A field that MAGNET's predictions
can't name (``sub_split``), or that none of them names, is taken from the target. No prediction is
invented: a target that the predictor leaves out is missing in the output, and the runner reports
it. MAGNET's own comparison would drop it.
"""

import importlib
import math
import random
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from runner.contract import layout
from runner.contract.predictor import Predictor
from runner.contract.stat import STAT_VALUES, InstanceTarget, MetricName, Stat, Target

if TYPE_CHECKING:
    import pandas as pd

PREDICT_ID = "magnet.instance_predict_id"
STATE = "scenario_state.request_states."
STATE_PERTURBATION = f"{STATE}instance.perturbation."

_KINDS = ("RunPredictor", "InstancePredictor")


def magnet_kind(cls: type) -> str | None:
    """Return which of MAGNET's kinds a class is, or None; MAGNET need not be installed."""
    for ancestor in cls.__mro__[1:]:
        if ancestor.__name__ in _KINDS and ancestor.__module__.startswith("magnet."):
            return ancestor.__name__
    return None


def adapt_magnet(cls: type) -> Predictor:
    """Return a predictor of this contract that wraps one of MAGNET's."""
    is_run = magnet_kind(cls) == "RunPredictor"
    return MagnetRunPredictor(cls()) if is_run else MagnetInstancePredictor(cls())


class _MagnetPredictor(Predictor):
    def __init__(self, magnet_predictor: Any) -> None:
        self.magnet_predictor = magnet_predictor

    def _ask(self, train: Mapping[str, Any], evaluated: Mapping[str, Any]) -> list[Any]:
        """Return the predictions of MAGNET's predictor; all random draws use the case's seed."""
        import numpy as np  # noqa: PLC0415  (as MAGNET has it)

        seed = self.case.manifest.seed
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  (the generator that MAGNET's predictors share)
        self.magnet_predictor.random_seed = seed
        splits = importlib.import_module("magnet.data_splits")
        predictions = self.magnet_predictor.predict(
            self._train_split(splits.TrainSplit(**train)),
            splits.SequesteredTestSplit(**evaluated),
        )
        if not isinstance(predictions, Iterable):
            name = type(self.magnet_predictor).__name__
            raise TypeError(f"{name}.predict() must return a list, not {predictions!r:.80}")
        return list(predictions)

    def _train_split(self, split: Any) -> Any:
        return split


class MagnetRunPredictor(_MagnetPredictor):
    """Predicts the stats of runs with a ``RunPredictor``."""

    def predict(
        self,
        train_run_specs_df: "pd.DataFrame",
        train_scenario_states_df: "pd.DataFrame",
        train_stats_df: "pd.DataFrame",
        eval_run_specs_df: "pd.DataFrame",
        eval_scenario_states_df: "pd.DataFrame",
    ) -> dict[str, list[Stat]]:
        """Return the stats of all RunPredictions, also for no target: the runner reports those."""
        predictions = self._ask(
            {
                "run_specs": train_run_specs_df,
                "scenario_state": train_scenario_states_df,
                "stats": train_stats_df,
                "per_instance_stats": self.case.train_per_instance_stats_df,
            },
            {"run_specs": eval_run_specs_df, "scenario_state": eval_scenario_states_df},
        )
        named = {field for prediction in predictions for field in _perturbation(prediction)}
        stats: dict[str, list[Stat]] = {}
        for prediction in predictions:
            targets = [target for target in self.case.targets if _is_for(prediction, target, named)]
            for target in targets or [_target_of(prediction)]:
                stat = target.predicted(prediction.mean, **_other_values(prediction))
                stats.setdefault(target.run_spec_name, []).append(stat)
        return stats


class MagnetInstancePredictor(_MagnetPredictor):
    """Predicts stats of instances, and none of runs, with an ``InstancePredictor``."""

    def predict(self, *_frames: "pd.DataFrame") -> dict[str, list[Stat]]:
        """Return nothing.

        Raises:
            NotImplementedError: there are stats of runs to predict, which an InstancePredictor
                can't.
        """
        if self.case.targets:
            raise NotImplementedError(
                f"{type(self.magnet_predictor).__name__} is an InstancePredictor, and this case "
                f"has {len(self.case.targets)} stats of runs to predict: MAGNET's RunPredictor "
                "predicts those"
            )
        return {}

    def predict_instances(
        self,
        train_run_specs_df: "pd.DataFrame",
        train_scenario_states_df: "pd.DataFrame",
        train_stats_df: "pd.DataFrame",
        eval_run_specs_df: "pd.DataFrame",
        eval_scenario_states_df: "pd.DataFrame",
    ) -> dict[InstanceTarget, Stat]:
        """Return the stat of each InstancePrediction, even of those for no instance target.

        Raises:
            ValueError: two predictions are for one target, or one is for no request state.
        """
        eval_states = eval_scenario_states_df.reset_index(drop=True).reset_index(names=PREDICT_ID)
        predictions = self._ask(
            {
                "run_specs": train_run_specs_df,
                "scenario_state": train_scenario_states_df,
                "stats": train_stats_df,
                "per_instance_stats": self.case.train_per_instance_stats_df,
            },
            {"run_specs": eval_run_specs_df, "scenario_state": eval_states},
        )
        rows = {row[PREDICT_ID]: row for row in eval_states.to_dict(orient="records")}
        by_key = {_instance_key(target): target for target in self.case.instance_targets}
        stats: dict[InstanceTarget, Stat] = {}
        for prediction in predictions:
            made = _instance_target_of(prediction, rows)
            target = by_key.get(_instance_key(made), made)
            if target in stats:
                raise ValueError(f"two InstancePredictions are for {target}")
            stats[target] = target.predicted(prediction.mean, **_other_values(prediction))
        return stats

    def _train_split(self, split: Any) -> Any:
        """Return the split after MAGNET itself has added its ids of request states."""
        module = importlib.import_module("magnet.instance_predictor")
        module._reindex_split(split)  # noqa: SLF001  (MAGNET has no other name for it)
        return split


def _perturbation(prediction: Any) -> dict[str, Any]:
    """Return the fields that MAGNET compares, None where the stat must not have them."""
    fields = {"computed_on": prediction.computed_on, **prediction.perturbation_parameters}
    return {field: None if _is_absent(value) else value for field, value in fields.items()}


def _is_for(prediction: Any, target: Target, named: set[str]) -> bool:
    wanted, perturbation = target.name.perturbation or {}, _perturbation(prediction)
    return (
        prediction.run_spec_name == target.run_spec_name
        and prediction.stat_name == target.name.name
        and prediction.split == target.name.split
        and all(perturbation.get(field) == wanted.get(field) for field in named)
    )


def _target_of(prediction: Any) -> Target:
    given = {key: value for key, value in _perturbation(prediction).items() if value is not None}
    name = MetricName(prediction.stat_name, prediction.split, perturbation=given or None)
    return Target(prediction.run_spec_name, name)


def _instance_target_of(prediction: Any, rows: Mapping[int, Mapping[Any, Any]]) -> InstanceTarget:
    row = rows.get(prediction.instance_predict_id)
    if row is None or row[layout.RUN_NAME] != prediction.run_spec_name:
        raise ValueError(
            f"no request state of {prediction.run_spec_name} has the {PREDICT_ID} "
            f"{prediction.instance_predict_id}"
        )
    split = row.get(f"{STATE}instance.split")
    perturbation = {
        column.removeprefix(STATE_PERTURBATION): value
        for column, value in row.items()
        if column.startswith(STATE_PERTURBATION) and not _is_absent(value)
    }
    name = MetricName(
        prediction.stat_name, None if _is_absent(split) else split, None, perturbation or None
    )
    trial = int(row.get(f"{STATE}train_trial_index", 0))
    return InstanceTarget(prediction.run_spec_name, row[f"{STATE}instance.id"], trial, name)


def _instance_key(target: InstanceTarget) -> Any:
    """Return the target without ``sub_split``, which MAGNET's predictions can't name."""
    name = MetricName(target.name.name, target.name.split, None, target.name.perturbation)
    return InstanceTarget(target.run_spec_name, target.instance_id, target.train_trial_index, name)


def _is_absent(value: Any) -> bool:
    """Return whether a frame's cell is empty: None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _other_values(prediction: Any) -> dict[str, Any]:
    values = {name: getattr(prediction, name) for name in STAT_VALUES if name != "mean"}
    return {name: value for name, value in values.items() if value is not None}
