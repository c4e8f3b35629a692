"""The runs of a case in HELM's own shape, for predictors that don't want frames.

As a plain dict, a run has the content of its JSON files by name: ``run_spec``, ``scenario_state``,
and for train runs ``stats`` and ``per_instance_stats``. As an object it reads like HELM's classes:
``run.scenario_state.request_states[0].instance.id``. A null in the JSON is absent in a dict and
None in an object. A name with a dot in it becomes two names, one inside the other.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from runner.contract import layout
from runner.contract.stat import Stat

_FREE_FORM = ("args", "output_mapping", "annotations", "extra_data")
"""Members that HELM itself keeps as dicts, with keys of any kind."""

_RUN_SPECS = {"train": layout.TRAIN_RUN_SPECS, "eval": layout.EVAL_RUN_SPECS}
_SCENARIO_STATES = {"train": layout.TRAIN_SCENARIO_STATES, "eval": layout.EVAL_SCENARIO_STATES}
_PER_INSTANCE_STATS = {
    "train": layout.TRAIN_PER_INSTANCE_STATS,
    "eval": layout.EVAL_PER_INSTANCE_STATS,
}


class HelmObject(SimpleNamespace):
    """One of HELM's objects. A field that HELM leaves out of its JSON is None."""

    def __getattr__(self, name: str) -> Any:
        """Return None for a missing field; Python calls this only then."""
        if name.startswith("__"):
            raise AttributeError(name)
        return None


def read_runs(input_dir: Path, side: str) -> list[dict[str, Any]]:
    """Return the runs of ``train`` or ``eval`` as plain dicts, in the order of the run specs."""
    runs = {name: {"run_spec": spec} for name, spec in read_run_specs(input_dir, side).items()}
    for run_name, rows in _rows_by_run(input_dir / _SCENARIO_STATES[side]):
        runs[run_name]["scenario_state"] = {
            **_nest(rows[0], "scenario_state.", but="scenario_state.request_states."),
            "request_states": [_nest(row, "scenario_state.request_states.") for row in rows],
        }
    if side == "train":
        for run_name, rows in _rows_by_run(input_dir / layout.TRAIN_STATS):
            runs[run_name]["stats"] = [_nest(row, "stats.") for row in rows]  # type: ignore[assignment]
    per_instance_stats = input_dir / _PER_INSTANCE_STATS[side]
    if per_instance_stats.is_file():
        for run_name, rows in _rows_by_run(per_instance_stats):
            runs[run_name]["per_instance_stats"] = _entries(rows)  # type: ignore[assignment]
    return list(runs.values())


def read_run_specs(input_dir: Path, side: str) -> dict[str, dict[str, Any]]:
    """Return HELM's JSON of each run spec of ``train`` or ``eval``, by run."""
    rows_by_run = _rows_by_run(input_dir / _RUN_SPECS[side])
    return {run_name: _nest(rows[0], "run_spec.") for run_name, rows in rows_by_run}


def as_object(run: Mapping[str, Any]) -> HelmObject:
    """Return a run of ``read_runs`` as an object; its stats are ``Stat``."""
    members = {name: _objects(value) for name, value in run.items()}
    if "stats" in run:
        members["stats"] = [Stat.from_json(stat) for stat in run["stats"]]
    if "per_instance_stats" in run:
        members["per_instance_stats"] = [
            HelmObject(**{**entry, "stats": [Stat.from_json(stat) for stat in entry["stats"]]})
            for entry in run["per_instance_stats"]
        ]
    return HelmObject(**members)


def _objects(value: Any) -> Any:
    if isinstance(value, list):
        return [_objects(item) for item in value]
    if isinstance(value, dict):
        return HelmObject(
            **{
                name: inner if name in _FREE_FORM else _objects(inner)
                for name, inner in value.items()
            }
        )
    return value


def _rows_by_run(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    from runner.contract.frames import read_rows  # noqa: PLC0415  (pyarrow is slow)

    rows: dict[str, list[dict[str, Any]]] = {}
    for row in read_rows(path):
        present = {column: value for column, value in row.items() if value is not None}
        rows.setdefault(row[layout.RUN_NAME], []).append(present)
    yield from rows.items()


def _nest(row: Mapping[str, Any], prefix: str, but: str | None = None) -> dict[str, Any]:
    """Return the columns with a prefix as the object that they were flattened from."""
    nested: dict[str, Any] = {}
    for column, value in row.items():
        if column.startswith(prefix) and not (but and column.startswith(but)):
            *parents, last = column.removeprefix(prefix).split(".")
            inner = nested
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[last] = value
    return nested


def _entries(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return HELM's PerInstanceStats: the rows of one instance, trial and copy are together."""
    prefix = "per_instance_stats."
    flat = [_nest(row, prefix, but=f"{prefix}stats.") for row in rows]
    stats = [_nest(row, f"{prefix}stats.") for row in rows]
    pairs = zip(flat, stats, strict=True)
    return [
        {**entry, "stats": [stat for _, stat in group]}
        for entry, group in groupby(pairs, key=lambda pair: pair[0])
    ]
