"""The class that authors of predictors subclass, and its run from ``/input`` to ``/output``."""

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.contract import layout
from runner.contract.manifest import Manifest
from runner.contract.runs import HelmObject, as_object, read_runs
from runner.contract.stat import STAT_VALUES, InstanceTarget, MetricName, Stat, Target

if TYPE_CHECKING:  # pandas takes longer to load than all else; --help and checks don't need it
    import pandas as pd


LONGEST_SHOWN = 30
"""Characters of a wrong value in a message."""


@dataclass(frozen=True)
class Case:
    """What a predictor can read besides the five frames that ``predict`` gets."""

    input_dir: Path

    @cached_property
    def manifest(self) -> Manifest:
        """The seed, the limits, and what was revealed."""
        return Manifest.from_json((self.input_dir / layout.MANIFEST).read_bytes())

    @cached_property
    def targets(self) -> list[Target]:
        """The stats to predict: every one of them, exactly once."""
        return [Target.from_row(row) for row in self._rows(layout.EVAL_TARGETS)]

    @cached_property
    def instance_targets(self) -> list[InstanceTarget]:
        """The per-instance stats to predict, every one exactly once; none in most suites."""
        if not (self.input_dir / layout.EVAL_INSTANCE_TARGETS).is_file():
            return []
        return [InstanceTarget.from_row(row) for row in self._rows(layout.EVAL_INSTANCE_TARGETS)]

    @cached_property
    def targets_df(self) -> "pd.DataFrame":
        """The targets' keys, one row per stat to predict, columns named as in the stats frame."""
        return self.frame(layout.EVAL_TARGETS)

    @cached_property
    def train_per_instance_stats_df(self) -> "pd.DataFrame":
        """The per-instance stats of the train runs."""
        return self.frame(layout.TRAIN_PER_INSTANCE_STATS)

    @cached_property
    def eval_per_instance_stats_df(self) -> "pd.DataFrame | None":
        """The per-instance stats of the revealed instances; None in suites that hide them."""
        if not (self.input_dir / layout.EVAL_PER_INSTANCE_STATS).is_file():
            return None
        return self.frame(layout.EVAL_PER_INSTANCE_STATS)

    @cached_property
    def train_runs(self) -> list[dict[str, Any]]:
        """The train runs as plain dicts: HELM's JSON, as its files hold it."""
        return read_runs(self.input_dir, "train")

    @cached_property
    def eval_runs(self) -> list[dict[str, Any]]:
        """The eval runs as plain dicts, with what is revealed: run_spec and scenario_state."""
        return read_runs(self.input_dir, "eval")

    @cached_property
    def train_run_objects(self) -> list[HelmObject]:
        """The train runs as objects that read as HELM's own, e.g. ``run.run_spec.name``."""
        return [as_object(run) for run in self.train_runs]

    @cached_property
    def eval_run_objects(self) -> list[HelmObject]:
        """The eval runs as objects, with what is revealed."""
        return [as_object(run) for run in self.eval_runs]

    @property
    def assets_dir(self) -> Path:
        """The directory of the suite's own files, e.g. model weights; absent if it has none."""
        return self.input_dir / layout.ASSETS

    def progress(self, done: int, of: int) -> None:
        """Log how far the work is; participants in a closed suite see the last such line."""
        print(f"{layout.PROGRESS_PREFIX}{int(done)}/{int(of)}", flush=True)  # noqa: T201

    def frame(self, name: str) -> "pd.DataFrame":
        """Return one frame of the case by its path below ``/input``."""
        from runner.contract.frames import read_frame  # noqa: PLC0415  (pandas is slow)

        return read_frame(self.input_dir / name)

    def _rows(self, name: str) -> list[dict[str, Any]]:
        from runner.contract.frames import read_rows  # noqa: PLC0415  (pyarrow is slow)

        return read_rows(self.input_dir / name)


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

    def predict_instances(
        self,
        train_run_specs_df: "pd.DataFrame",
        train_scenario_states_df: "pd.DataFrame",
        train_stats_df: "pd.DataFrame",
        eval_run_specs_df: "pd.DataFrame",
        eval_scenario_states_df: "pd.DataFrame",
    ) -> Mapping[InstanceTarget, Stat]:
        """Return the predicted stat of each of ``self.case.instance_targets``.

        Only suites that ask for per-instance predictions need it; it is called after ``predict``.
        ``{target: target.predicted(mean) for target in self.case.instance_targets}`` has the right
        form. ``self.case.train_per_instance_stats_df`` has the train runs' per-instance stats.
        """
        raise NotImplementedError


def run_predictor(predictor: Predictor, input_dir: Path, output_dir: Path) -> None:
    """Read the case, predict, and write what it asks for, each file whole or not at all.

    Raises:
        NotImplementedError: the case has instance targets, the predictor no predict_instances().
        TypeError, ValueError: what the predictor returned can't be written as the contract asks.
    """
    case = predictor.case = Case(input_dir)
    _refuse_unable(predictor, case)
    frames = (
        case.frame(layout.TRAIN_RUN_SPECS),
        case.frame(layout.TRAIN_SCENARIO_STATES),
        case.frame(layout.TRAIN_STATS),
        case.frame(layout.EVAL_RUN_SPECS),
        case.frame(layout.EVAL_SCENARIO_STATES),
    )
    with _naming_columns(frames):
        predictions = predictions_to_json(predictor.predict(*frames))
    _write_whole(output_dir / layout.PREDICTIONS, predictions)
    if case.instance_targets:
        with _naming_columns(frames):
            predictions = instance_predictions_to_json(predictor.predict_instances(*frames))
        _write_whole(output_dir / layout.INSTANCE_PREDICTIONS, predictions)


def _refuse_unable(predictor: Predictor, case: Case) -> None:
    """Refuse before the work starts what would otherwise be refused after it."""
    unwritten = type(predictor).predict_instances is Predictor.predict_instances
    if unwritten and case.instance_targets:
        raise NotImplementedError(
            f"this suite asks for {len(case.instance_targets)} per-instance predictions: write "
            f"{type(predictor).__name__}.predict_instances(); see Predictor.predict_instances"
        )


@contextmanager
def _naming_columns(frames: "Iterable[pd.DataFrame]") -> Iterator[None]:
    """Add the nearest column of the frames to a KeyError: pandas names only what was asked for."""
    try:
        yield
    except KeyError as error:
        columns = {column for frame in frames for column in frame.columns}
        # Of several columns pandas makes a text: "['stats.meen'] not in index".
        asked = re.findall(r"'([^']+)'", str(error))
        near = [found for key in asked for found in get_close_matches(key, columns - {key}, 1, 0.7)]
        if near and not columns.issuperset(asked):
            error.add_note(f"{layout.COLUMN_NOTE}{near[0]!r}")
        raise


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def predictions_to_json(predictions: Mapping[str, list[Stat]]) -> str:
    """Return the text of ``predictions.json``.

    Raises:
        TypeError: a value is not of the type that ``Predictor.predict`` promises.
        ValueError: a number is NaN or infinite.
    """
    if not isinstance(predictions, Mapping):
        raise TypeError(f"predict() must return a dict of lists of Stat, not {_shown(predictions)}")
    by_run = {
        run_name: [
            _checked_stat(f"run {run_name}", "predict", stat).to_json()
            for stat in _listed(run_name, stats)
        ]
        for run_name, stats in predictions.items()
    }
    return _document(by_run)


def _listed(run_name: str, stats: Iterable[Stat]) -> Iterable[Stat]:
    if isinstance(stats, Iterable) and not isinstance(stats, str | bytes):
        return stats
    raise TypeError(
        f"run {run_name}: predict() must return a list of Stat for each run, not {_shown(stats)}. "
        "Put a single Stat into a list: {run_name: [stat]}"
    )


def instance_predictions_to_json(predictions: Mapping[InstanceTarget, Stat]) -> str:
    """Return the text of ``instance_predictions.json``.

    Raises:
        TypeError: a value is not of the type that ``Predictor.predict_instances`` promises.
        ValueError: a number is NaN or infinite.
    """
    if not isinstance(predictions, Mapping):
        raise TypeError(
            "predict_instances() must return a dict from InstanceTarget to Stat, not "
            f"{_shown(predictions)}"
        )
    by_run: dict[str, dict[tuple[str, int], list[dict[str, Any]]]] = {}
    for target, stat in predictions.items():
        if not isinstance(target, InstanceTarget):
            raise TypeError(
                f"predict_instances() must return InstanceTargets, got {_shown(target)}"
            )
        place = f"run {target.run_spec_name}, instance {target.instance_id}"
        by_instance = by_run.setdefault(target.run_spec_name, {})
        stats = by_instance.setdefault((target.instance_id, target.train_trial_index), [])
        stats.append(_checked_stat(place, "predict_instances", stat).to_json())
    return _document(
        {
            run_name: [
                {"instance_id": instance_id, "train_trial_index": trial, "stats": stats}
                for (instance_id, trial), stats in by_instance.items()
            ]
            for run_name, by_instance in by_run.items()
        }
    )


def _document(predictions: Mapping[str, Any]) -> str:
    document = {"contract_version": layout.CONTRACT_VERSION, "predictions": predictions}
    return json.dumps(document, allow_nan=False, default=_numpy_scalar_to_python)


def _numpy_scalar_to_python(value: Any) -> Any:
    """Convert a value of a frame, e.g. a perturbation's np.bool_, to one that json can write."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"predict() returned a {type(value).__name__} where JSON needs plain data")


def _shown(value: object) -> str:
    """Return a wrong value if it is short, else its kind: ``None``, ``a list``."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"a {type(value).__name__}"


def _checked_stat(place: str, method: str, stat: Stat) -> Stat:
    """Return the stat with plain Python numbers (NumPy's are not JSON's)."""
    if not isinstance(stat, Stat) or not isinstance(stat.name, MetricName):
        raise TypeError(f"{place}: {method}() must return Stat objects, got {_shown(stat)}")
    values = {name: getattr(stat, name) for name in STAT_VALUES}
    for name in ("mean", *STAT_VALUES):  # the mean first: others are often made from it
        value = values[name]
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{place}, stat {stat.name}: {name} is {value}, not a number")
    numbers = {name: None if value is None else float(value) for name, value in values.items()}
    return Stat(name=stat.name, **{**numbers, "count": int(stat.count)})  # type: ignore[arg-type]
