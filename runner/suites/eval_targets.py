"""The targets of an eval run: their keys, which are staged, and the actuals, which never are.

The keys' frame is made column by column, so that no value of a stat can come along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import polars as pl

from runner.contract import layout
from runner.contract.layout import LARGEST_NUMBER, RUN_NAME, STAT_NAME_PREFIX
from runner.contract.stat import STAT_VALUES, Stat, Target
from runner.errors import SuiteError
from runner.helm_outputs.common_types import plain_rows
from runner.helm_outputs.file_checks import NOT_HELMS
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import PER_INSTANCE_STATS, STATS, RunDirectory
from runner.suites.spec import TargetSpec

PER_INSTANCE_PREFIX = "per_instance_stats."
"""The per-instance frame has the columns of the stats frame with this prefix."""

INSTANCE_KEY_COLUMNS: Mapping[str, type[pl.DataType]] = {
    layout.INSTANCE_ID: pl.String,
    layout.TRAIN_TRIAL_INDEX: pl.Int64,
}

TARGET_COLUMNS: Mapping[str, type[pl.DataType]] = {
    f"{STAT_NAME_PREFIX}name": pl.String,
    f"{STAT_NAME_PREFIX}split": pl.String,
    f"{STAT_NAME_PREFIX}sub_split": pl.String,
    f"{STAT_NAME_PREFIX}perturbation.name": pl.String,
    f"{STAT_NAME_PREFIX}perturbation.robustness": pl.Boolean,
    f"{STAT_NAME_PREFIX}perturbation.fairness": pl.Boolean,
    f"{STAT_NAME_PREFIX}perturbation.computed_on": pl.String,
}
"""The columns of a name that every targets frame has; parameters of perturbations are added."""


@dataclass(frozen=True)
class RunTargets:
    """Targets of one run, and what they are scored on, row by row.

    Attributes:
        keys: the targets frame, keys only.
        actuals: one stat per row of ``keys``.
    """

    keys: pl.DataFrame
    actuals: tuple[Stat, ...]


def choose_targets(
    run: RunDirectory, stats: pl.DataFrame, specs: Sequence[TargetSpec]
) -> RunTargets:
    """Return the run-level targets of a run.

    Raises:
        SuiteError: a name is not what HELM writes or stands there twice, or a mean can't be scored.
    """
    return _targets(run, stats, "", specs)


def choose_instance_targets(
    run: RunDirectory,
    frames: RunFrames,
    revealed_ids: Sequence[str],
    specs: Sequence[TargetSpec],
) -> RunTargets:
    """Return the per-instance targets of a run, all of revealed instances.

    Raises:
        SuiteError: as ``choose_targets``.
    """
    stats = of_instances(frames.per_instance_stats, revealed_ids if specs else ())
    return _targets(run, stats, PER_INSTANCE_PREFIX, specs)


def of_instances(stats: pl.DataFrame, ids: Sequence[str]) -> pl.DataFrame:
    """Return the per-instance stats of some instances, their ids as texts."""
    if not ids or layout.INSTANCE_ID not in stats.columns:
        return stats.clear()
    # As texts: an id that is a number in one file may be a text in another.
    chosen = [str(each) for each in ids]
    stats = stats.cast({layout.INSTANCE_ID: pl.String})
    return stats.filter(pl.col(layout.INSTANCE_ID).is_in(chosen))


def per_instance_stats(targets: RunTargets) -> list[dict[str, Any]]:
    """Return the actuals of instances in the form of HELM's per_instance_stats.json."""
    entries: dict[tuple[str, int], list[dict[str, Any]]] = {}
    places = targets.keys[[layout.INSTANCE_ID, layout.TRAIN_TRIAL_INDEX]].iter_rows()
    for (instance_id, trial), stat in zip(places, targets.actuals, strict=True):
        entries.setdefault((instance_id, trial), []).append(stat.to_json())
    return [
        {"instance_id": instance_id, "train_trial_index": trial, "stats": stats}
        for (instance_id, trial), stats in entries.items()
    ]


def _targets(
    run: RunDirectory, stats: pl.DataFrame, prefix: str, specs: Sequence[TargetSpec]
) -> RunTargets:
    """Return the targets among the rows of a stats frame.

    Args:
        prefix: stands before the names of the frame's columns, e.g. ``per_instance_stats.``.
    """
    mean = f"{prefix}stats.mean"
    computed = _choose_stats(stats, prefix, specs)
    if computed.is_empty():
        return RunTargets(_key_frame(run, computed, prefix), ())
    file = run.path / (PER_INSTANCE_STATS if prefix else STATS)
    _check_means(file, computed[mean])
    ordered = _by_key(computed, prefix)
    keys = _key_frame(run, ordered, prefix)
    return RunTargets(keys, _actuals(file, keys, ordered, prefix))


def _by_key(stats: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return the rows ordered by their keys: the order then reveals nothing about the values."""
    key = (*INSTANCE_KEY_COLUMNS, f"{prefix}{STAT_NAME_PREFIX}")
    columns = sorted(name for name, dtype in stats.schema.items() if not dtype.is_nested())
    return stats.sort([name for name in columns if name.startswith(key)], maintain_order=True)


def _choose_stats(stats: pl.DataFrame, prefix: str, specs: Sequence[TargetSpec]) -> pl.DataFrame:
    needed = {f"{prefix}{STAT_NAME_PREFIX}name", f"{prefix}stats.mean"}
    if not specs or not needed <= set(stats.columns):
        return stats.clear()
    # HELM writes a stat that was never computed with count 0 and no mean: nothing to predict.
    is_computed = pl.col(f"{prefix}stats.mean").is_not_null()
    is_meant = reduce(pl.Expr.or_, [_matches(spec, stats, prefix) for spec in specs])
    return stats.filter(is_meant & is_computed)


def _matches(spec: TargetSpec, stats: pl.DataFrame, prefix: str) -> pl.Expr:
    """Return whether the spec means a row's name; a missing column counts as null."""
    fields = {
        "split": "split",
        "sub_split": "sub_split",
        "perturbation": "perturbation.name",
        "computed_on": "perturbation.computed_on",
    }
    matched = pl.col(f"{prefix}{STAT_NAME_PREFIX}name") == spec.stat
    for field in sorted(spec.model_fields_set - {"stat"}):
        column = f"{prefix}{STAT_NAME_PREFIX}{fields[field]}"
        found = pl.col(column) if column in stats.columns else pl.lit(None, pl.String)
        matched &= found.eq_missing(pl.lit(getattr(spec, field), pl.String))
    return matched


def _check_means(file: Path, means: pl.Series) -> None:
    if not means.dtype.is_numeric() or not means.abs().max() <= LARGEST_NUMBER:  # type: ignore[operator]
        raise SuiteError(
            f"{file}: {means.name} has a mean that is no number, or beyond {LARGEST_NUMBER:g}"
        )


def _key_frame(run: RunDirectory, stats: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return the key columns alone, with those that every targets frame has.

    Numbers are always floats: another type could reveal something about stats that are no targets.
    """
    wanted = {f"{prefix}{name}": dtype for name, dtype in TARGET_COLUMNS.items()}
    if stats.is_empty():
        instance_key = INSTANCE_KEY_COLUMNS if prefix else {}
        return pl.DataFrame(schema={RUN_NAME: pl.String, **instance_key, **wanted})
    own = [pl.col(name).cast(dtype) for name, dtype in INSTANCE_KEY_COLUMNS.items() if prefix]
    names = [
        pl.col(name).cast(dtype) if name in stats.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in wanted.items()
    ]
    parameters = [
        pl.col(name).cast(pl.Float64) if dtype.is_numeric() else pl.col(name)
        for name, dtype in sorted(stats.schema.items())
        if name.startswith(f"{prefix}{STAT_NAME_PREFIX}perturbation.")
        and name not in wanted
        and stats[name].null_count() < stats.height
    ]
    try:
        return stats.select(RUN_NAME, *own, *names, *parameters)
    except pl.exceptions.PolarsError as error:
        raise SuiteError(f"{run.name}: a stat has a name {NOT_HELMS} ({error})") from error


def _actuals(file: Path, keys: pl.DataFrame, stats: pl.DataFrame, prefix: str) -> tuple[Stat, ...]:
    """Return the actuals by exactly the keys that are staged."""
    seen = set()
    actuals = []
    for key, row in zip(plain_rows(keys), stats.iter_rows(named=True), strict=True):
        name = Target.from_row({name.removeprefix(prefix): key[name] for name in key}).name
        instance = tuple(key[column] for column in INSTANCE_KEY_COLUMNS if prefix)
        if (instance, name) in seen:
            where = f" of instance {instance[0]}" if instance else ""
            raise SuiteError(f"{file}: has {name}{where} twice; expected it once")
        seen.add((instance, name))
        values = {value: row.get(f"{prefix}stats.{value}") for value in STAT_VALUES}
        actuals.append(Stat(name=name, **values))  # type: ignore[arg-type]
    return tuple(actuals)
