"""MAGNET's predictors, unmodified, as predictors of this contract.

MAGNET (aiq-magnet 0.0.2 and 0.1.0) has two kinds. A ``RunPredictor`` returns ``RunPrediction``, an
``InstancePredictor`` returns ``InstancePrediction``. Both are given a ``TrainSplit`` and a
``SequesteredTestSplit`` of frames.

Its filters and ``num_eval_samples`` hold as in MAGNET, but for what the suite decides: which of the
runs that pass are train runs, and how many. All random draws use the case's seed.

A prediction belongs to a target as in MAGNET's comparison: run, split, stat name and those
perturbation fields that the predictions name must be equal. A field that MAGNET's predictions
can't name (``sub_split``), or that none of them names, is taken from the target. No prediction is
invented: a target that the predictor leaves out is missing in the output, and the runner reports
it. MAGNET's own comparison would drop it.
"""

import importlib
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.contract import layout
from runner.contract.magnet_inputs import choose_runs, of_runs, refuse_too_few, sample_states
from runner.contract.predictor import Predictor
from runner.contract.runs import read_run_specs
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


def adapt_magnet(cls: type, arguments: Mapping[str, Any]) -> Predictor:
    """Return a predictor of this contract that wraps one of MAGNET's.

    Args:
        arguments: of its constructor.
    """
    is_run = magnet_kind(cls) == "RunPredictor"
    adapter = MagnetRunPredictor if is_run else MagnetInstancePredictor
    return adapter(cls(**arguments))


class Frames(NamedTuple):
    """What is left of a case: TrainSplit's fields, and the frames of the eval runs."""

    train: "dict[str, pd.DataFrame]"
    eval_run_specs: "pd.DataFrame"
    eval_states: "pd.DataFrame"


class _MagnetPredictor(Predictor):
    def __init__(self, magnet_predictor: Any) -> None:
        self.magnet_predictor = magnet_predictor

    def _chosen(self, frames: "Sequence[pd.DataFrame]") -> "Frames":
        """Return the frames of ``predict`` and the per-instance stats, as the filters leave them.

        Raises:
            ValueError: they leave no train run, of which MAGNET could draw none either.
        """
        train_specs, train_states, train_stats, eval_specs, eval_states = frames
        documents = {side: read_run_specs(self.case.input_dir, side) for side in ("train", "eval")}
        train = choose_runs(self.magnet_predictor, train_specs, documents["train"])
        evaluated = choose_runs(self.magnet_predictor, eval_specs, documents["eval"])
        name = type(self.magnet_predictor).__name__
        if not train:
            raise ValueError(f"the filters of {name} leave none of {len(train_specs)} train runs")
        for run in eval_specs[layout.RUN_NAME]:
            if run not in evaluated:
                print(f"{run}: left out by the filters of {name}", flush=True)  # noqa: T201  (for the log)
        per_instance = self.case.train_per_instance_stats_df
        return Frames(
            train={
                "run_specs": of_runs(train_specs, train),
                "scenario_state": of_runs(train_states, train),
                "stats": of_runs(train_stats, train),
                "per_instance_stats": of_runs(per_instance, train),
            },
            eval_run_specs=of_runs(eval_specs, evaluated),
            eval_states=of_runs(eval_states, evaluated),
        )

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

    def predict(self, *frames: "pd.DataFrame") -> dict[str, list[Stat]]:
        """Return the stats of all RunPredictions, also for no target: the runner reports those.

        An eval run that its filters leave out is not shown to it, as in MAGNET, and not predicted.
        Of each other one it gets at most ``num_eval_samples`` instances.
        """
        chosen = self._chosen(frames)
        refuse_too_few(self.magnet_predictor, chosen.eval_states)
        states = sample_states(self.magnet_predictor, chosen.eval_states, self.case.manifest.seed)
        evaluated = {"run_specs": chosen.eval_run_specs, "scenario_state": states}
        predictions = self._ask(chosen.train, evaluated) if len(chosen.eval_run_specs) else []
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

    def predict_instances(self, *frames: "pd.DataFrame") -> dict[InstanceTarget, Stat]:
        """Return the stat of each InstancePrediction, even of those for no instance target.

        Every revealed instance is a target, so that none is sampled from them.

        Raises:
            ValueError: two predictions are for one target, or one is for no request state.
        """
        chosen = self._chosen(frames)
        refuse_too_few(self.magnet_predictor, chosen.eval_states)
        eval_states = chosen.eval_states.reset_index(drop=True).reset_index(names=PREDICT_ID)
        evaluated = {"run_specs": chosen.eval_run_specs, "scenario_state": eval_states}
        predictions = self._ask(chosen.train, evaluated) if len(chosen.eval_run_specs) else []
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
