"""What the author of a predictor subclasses, and the run of it from ``/input`` to ``/output``."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.contract import layout
from runner.contract.manifest import Manifest
from runner.contract.stat import STAT_VALUES, MetricName, Stat, Target

if TYPE_CHECKING:  # pandas takes longer to load than all else; --help and checks don't need it
    import pandas as pd


@dataclass(frozen=True)
class Case:
    """What a container is shown besides the five frames that ``predict`` is given."""

    input_dir: Path

    @cached_property
    def manifest(self) -> Manifest:
        """The seed, the limits, and what was revealed."""
        return Manifest.from_json((self.input_dir / layout.MANIFEST).read_bytes())

    @cached_property
    def targets(self) -> list[Target]:
        """The stats to predict: every one of them, exactly once."""
        import pyarrow.parquet as pq

        rows = pq.read_table(self.input_dir / layout.EVAL_TARGETS).to_pylist()
        return [Target.from_row(row) for row in rows]

    @cached_property
    def targets_df(self) -> "pd.DataFrame":
        """The targets' keys, one row per stat to predict, columns named as in the stats frame."""
        return self.frame(layout.EVAL_TARGETS)

    @cached_property
    def train_per_instance_stats_df(self) -> "pd.DataFrame":
        """The per-instance stats of the train runs."""
        return self.frame(layout.TRAIN_PER_INSTANCE_STATS)

    def frame(self, name: str) -> "pd.DataFrame":
        """Return one frame of the case by its path below ``/input``."""
        from runner.contract.frames import read_frame

        return read_frame(self.input_dir / name)


class Predictor(ABC):
    """A program that predicts withheld stats. Subclass it and write ``predict``."""

    case: Case
    """Set before ``predict`` is called: targets, seed, limits, per-instance stats."""

    @abstractmethod
    def predict(
        self,
        train_run_specs_df: "pd.DataFrame",
        train_scenario_states_df: "pd.DataFrame",
        train_stats_df: "pd.DataFrame",
        eval_run_specs_df: "pd.DataFrame",
        eval_scenario_states_df: "pd.DataFrame",
    ) -> dict[str, list[Stat]]:
        """Return the predicted stats of each eval run, by ``run_spec.name``.

        Every target of ``self.case.targets`` must be predicted once. A predicted stat's
        ``name.name`` is the target's with ``predicted_`` before it, and its other name fields
        equal the target's; ``target.predicted(mean)`` makes such a stat.

        Args:
            train_run_specs_df: (train runs, ...), one row per run.
            train_scenario_states_df: (request states, ...), one row per request and response.
            train_stats_df: (stats, ...), one row per stat.
            eval_run_specs_df: (eval runs, ...), columns as in train.
            eval_scenario_states_df: (revealed request states, ...), revealed columns only.
        """


def run_predictor(predictor: Predictor, input_dir: Path, output_dir: Path) -> None:
    """Read the case, predict, and write ``predictions.json`` whole or not at all.

    Raises:
        TypeError, ValueError: what ``predict`` returned can't be written as the contract asks.
    """
    case = predictor.case = Case(input_dir)
    predictions = predictor.predict(
        case.frame(layout.TRAIN_RUN_SPECS),
        case.frame(layout.TRAIN_SCENARIO_STATES),
        case.frame(layout.TRAIN_STATS),
        case.frame(layout.EVAL_RUN_SPECS),
        case.frame(layout.EVAL_SCENARIO_STATES),
    )
    text = predictions_to_json(predictions)
    unfinished = output_dir / f"{layout.PREDICTIONS}.part"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(output_dir / layout.PREDICTIONS)


def predictions_to_json(predictions: Mapping[str, list[Stat]]) -> str:
    """Return the text of ``predictions.json``.

    Raises:
        TypeError: a value is not of the type that ``Predictor.predict`` promises.
        ValueError: a number is NaN or infinite.
    """
    if not isinstance(predictions, Mapping):
        raise TypeError(f"predict() must return a dict of lists of Stat, not {predictions!r:.80}")
    by_run = {
        run_name: [_checked_stat(run_name, stat).to_json() for stat in stats]
        for run_name, stats in predictions.items()
    }
    document = {"contract_version": layout.CONTRACT_VERSION, "predictions": by_run}
    return json.dumps(document, allow_nan=False, default=_numpy_scalar_to_python)


def _numpy_scalar_to_python(value: Any) -> Any:
    """Return what json can write of a value taken from a frame, e.g. a perturbation's np.bool_."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"predict() returned a {type(value).__name__} where JSON needs plain data")


def _checked_stat(run_name: str, stat: Stat) -> Stat:
    """Return the stat with plain Python numbers (NumPy's are not JSON's)."""
    if not isinstance(stat, Stat) or not isinstance(stat.name, MetricName):
        raise TypeError(f"run {run_name}: predict() must return Stat objects, got {stat!r:.80}")
    values = {name: getattr(stat, name) for name in STAT_VALUES}
    for name in ("mean", *STAT_VALUES):  # the mean first: others are often made from it
        value = values[name]
        if value is not None and not math.isfinite(value):
            raise ValueError(f"run {run_name}, stat {stat.name}: {name} is {value}, not a number")
    numbers = {name: None if value is None else float(value) for name, value in values.items()}
    return Stat(name=stat.name, **{**numbers, "count": int(stat.count)})  # type: ignore[arg-type]
