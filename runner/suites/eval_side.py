"""What a suite keeps of an eval run: the revealed frames and the targets' keys, and the actuals.

Frames that go to a container are made by an allow-list of columns from a fresh table.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

from runner.contract import layout
from runner.contract.layout import LARGEST_NUMBER, RUN_NAME, STAT_NAME_PREFIX
from runner.contract.stat import STAT_VALUES, Stat, Target
from runner.errors import SuiteError
from runner.helm_outputs import (
    NOT_HELMS,
    STATE_INSTANCE_ID,
    RunDirectory,
    RunFrames,
    read_scenario_states,
)
from runner.suites.spec import Revealed, TargetSpec

REVEALED_RUN_SPEC_COLUMNS = (
    "run_spec.name",
    "run_spec.scenario_spec.",
    "run_spec.adapter_spec.",
    "run_spec.metric_specs",
    "run_spec.data_augmenter_spec.",
    "run_spec.groups",
    "run_spec.annotators",
)
"""Columns of an eval run's spec that are revealed; a name that ends in a dot is a prefix."""

REVEALED_STATE_COLUMNS = (
    "run_spec.name",
    "scenario_state.adapter_spec.",
    "scenario_state.request_states.instance.id",
    "scenario_state.request_states.instance.split",
    "scenario_state.request_states.instance.sub_split",
    "scenario_state.request_states.instance.perturbation.",
    "scenario_state.request_states.reference_index",
    "scenario_state.request_states.request_mode",
    "scenario_state.request_states.train_trial_index",
    "scenario_state.request_states.num_train_instances",
    "scenario_state.request_states.prompt_truncated",
    "scenario_state.request_states.num_conditioning_tokens",
)
"""Columns of a revealed request state that are always shown."""

PROMPT_COLUMNS = (
    "scenario_state.request_states.instance.input",
    "scenario_state.request_states.instance.input.",
    "scenario_state.request_states.request.",
)
COMPLETION_COLUMNS = (
    "scenario_state.request_states.result.success",
    "scenario_state.request_states.result.completions",
    "scenario_state.request_states.result.embedding",
    "scenario_state.request_states.result.cached",
    "scenario_state.request_states.result.request_time",
    "scenario_state.request_states.result.request_datetime",
    "scenario_state.request_states.result.error",
    "scenario_state.request_states.result.error_flags.",
)
REFERENCE_COLUMNS = (
    "scenario_state.request_states.instance.references",
    "scenario_state.request_states.output_mapping.",
)
GOLD_COLUMNS = (
    "scenario_state.request_states.instance.extra_data.",
    "scenario_state.request_states.instance.contrast_inputs",
    "scenario_state.request_states.instance.contrast_references",
)
"""Columns that a scenario may fill with the answer. With the columns above these are all that
MAGNET reveals but ``annotations``: judges write their scores there, the actuals themselves."""

INSTANCE_SPLIT = "scenario_state.request_states.instance.split"
REFERENCES = "scenario_state.request_states.instance.references"

PER_INSTANCE_PREFIX = "per_instance_stats."
"""A stat's columns in the per-instance frame are those of the stats frame with this before."""

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
"""The columns of a name that every targets frame has; parameters of perturbations stand beside."""


@dataclass(frozen=True)
class RunTargets:
    """Targets of one run, and what they are scored on, row by row.

    Attributes:
        keys: the targets frame, keys only.
        actuals: one stat per row of ``keys``.
    """

    keys: pl.DataFrame
    actuals: tuple[Stat, ...]


@dataclass(frozen=True)
class EvalSide:
    """What a suite keeps of one eval run.

    Attributes:
        run_specs: (1, revealed columns).
        scenario_states: (revealed request states, revealed columns).
        instances_by_split: how many instances the run has; under ``""`` those without a split.
        revealed_ids: the ids of those that are revealed.
        targets: the run-level ones.
        instance_targets: the per-instance ones, of revealed instances.
    """

    run_specs: pl.DataFrame
    scenario_states: pl.DataFrame
    instances_by_split: Mapping[str, int]
    revealed_ids: tuple[str, ...]
    targets: RunTargets
    instance_targets: RunTargets


def make_eval_side(
    run: RunDirectory,
    frames: RunFrames,
    revealed: Revealed,
    targets: Sequence[TargetSpec],
    instance_targets: Sequence[TargetSpec],
    rng: random.Random,
    *,
    as_magnet: bool,
) -> EvalSide:
    """Return what is kept of an eval run.

    Args:
        frames: the run's own, of which only allowed parts go on.
        rng: draws the revealed instances.
        as_magnet: whether these are MAGNET's own draws; if not, a draw that would reveal every
            instance of a split leaves out one of it.

    Raises:
        SuiteError: the run's files are not what HELM writes, or its means can't be scored.
    """
    splits = _splits(frames.scenario_states)
    if revealed.instances == "all":
        revealed_ids = tuple(splits)
    else:
        revealed_ids = draw_instances(list(splits), revealed.instances, rng)
        revealed_ids = revealed_ids if as_magnet else _leave_one_of_each_split(revealed_ids, splits)
    return EvalSide(
        run_specs=_choose_columns(frames.run_specs, REVEALED_RUN_SPEC_COLUMNS),
        scenario_states=reveal_states(run, revealed_ids, revealed),
        instances_by_split=dict(Counter(splits.values())),
        revealed_ids=revealed_ids,
        targets=_targets(run, frames.stats, "", targets),
        instance_targets=_instance_targets(run, frames, revealed_ids, instance_targets),
    )


def _splits(states: pl.DataFrame) -> dict[str, str]:
    """Return the split of every instance, by its id, in HELM's order."""
    if STATE_INSTANCE_ID not in states.columns:
        return {}
    has_split = INSTANCE_SPLIT in states.columns
    of_states = (
        states[INSTANCE_SPLIT].fill_null("").to_list() if has_split else [""] * states.height
    )
    return dict(zip(states[STATE_INSTANCE_ID].to_list(), of_states, strict=True))


def _leave_one_of_each_split(drawn: Sequence[str], splits: Mapping[str, str]) -> tuple[str, ...]:
    total, revealed = Counter(splits.values()), Counter(splits[each] for each in drawn)
    last = {splits[each]: each for each in drawn}
    left = {last[split] for split, count in revealed.items() if count == total[split]}
    return tuple(each for each in drawn if each not in left)


def reveal_states(
    run: RunDirectory, instance_ids: Sequence[str], revealed: Revealed
) -> pl.DataFrame:
    """Return the allowed columns of the request states of the revealed instances.

    Raises:
        SuiteError: the file is not what HELM writes.
    """
    states = read_scenario_states(run, instance_ids)
    frame = _choose_columns(states, allowed_state_columns(revealed))
    return frame if revealed.gold else _without_gold(frame)


def allowed_state_columns(revealed: Revealed) -> tuple[str, ...]:
    """Return the columns of a request state that may be shown; a final dot makes a prefix."""
    chosen = (
        (True, REVEALED_STATE_COLUMNS),
        (revealed.prompts, PROMPT_COLUMNS),
        (revealed.completions, COMPLETION_COLUMNS),
        (revealed.references, REFERENCE_COLUMNS),
        (revealed.gold, GOLD_COLUMNS),
    )
    return tuple(column for shown, columns in chosen if shown for column in columns)


def per_instance_stats(targets: RunTargets) -> list[dict[str, Any]]:
    """Return the actuals of instances in the form of HELM's per_instance_stats.json."""
    entries: dict[tuple[str, int], list[dict[str, Any]]] = {}
    places = targets.keys.select(layout.INSTANCE_ID, layout.TRAIN_TRIAL_INDEX).iter_rows()
    for (instance_id, trial), stat in zip(places, targets.actuals, strict=True):
        entries.setdefault((instance_id, trial), []).append(stat.to_json())
    return [
        {"instance_id": instance_id, "train_trial_index": trial, "stats": stats}
        for (instance_id, trial), stats in entries.items()
    ]


def _choose_columns(frame: pl.DataFrame, allowed: Sequence[str]) -> pl.DataFrame:
    """Return a frame of the allowed columns only. What HELM may add later stays withheld."""
    exact = {name for name in allowed if not name.endswith(".")}
    prefixes = tuple(name for name in allowed if name.endswith("."))
    return frame.select(
        name for name in frame.columns if name in exact or name.startswith(prefixes)
    )


def _without_gold(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with references that don't tell which of them is correct.

    Not by tags; not by order, for a scenario may list the correct one first; and not by being
    alone: where every reference is correct, there are none.
    """
    if REFERENCES not in frame.columns:
        return frame
    untold = [_untold(references or []) for references in frame[REFERENCES].to_list()]
    return frame.with_columns(pl.Series(REFERENCES, untold, dtype=frame.schema[REFERENCES]))


def _untold(references: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if all("correct" in (reference.get("tags") or ()) for reference in references):
        return []
    untagged = [{**reference, "tags": []} for reference in references]
    return sorted(untagged, key=lambda reference: str(reference.get("output")))


def _targets(
    run: RunDirectory, stats: pl.DataFrame, prefix: str, specs: Sequence[TargetSpec]
) -> RunTargets:
    """Return the targets among the rows of a stats frame.

    Args:
        prefix: stands before the names of the frame's columns, e.g. ``per_instance_stats.``.
    """
    chosen = _choose_stats(stats, prefix, specs)
    # HELM writes a stat that was never computed with count 0 and no mean: nothing to predict.
    mean = f"{prefix}stats.mean"
    computed = (
        chosen.filter(pl.col(mean).is_not_null()) if mean in chosen.columns else chosen.clear()
    )
    if computed.is_empty():
        return RunTargets(_key_frame(run, computed, prefix), ())
    _check_means(run, computed[mean])
    ordered = _by_key(computed, prefix)
    keys = _key_frame(run, ordered, prefix)
    return RunTargets(keys, _actuals(run, keys, ordered, prefix))


def _by_key(stats: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return the rows ordered by their keys, so that their order tells nothing of their values."""
    key = (*INSTANCE_KEY_COLUMNS, f"{prefix}{STAT_NAME_PREFIX}")
    columns = sorted(name for name, dtype in stats.schema.items() if not dtype.is_nested())
    return stats.sort([name for name in columns if name.startswith(key)], maintain_order=True)


def _instance_targets(
    run: RunDirectory,
    frames: RunFrames,
    revealed_ids: Sequence[str],
    specs: Sequence[TargetSpec],
) -> RunTargets:
    stats = frames.per_instance_stats
    if specs and layout.INSTANCE_ID in stats.columns:
        stats = stats.filter(pl.col(layout.INSTANCE_ID).is_in(list(revealed_ids)))
    else:
        stats = stats.clear()
    return _targets(run, stats, PER_INSTANCE_PREFIX, specs)


def _choose_stats(stats: pl.DataFrame, prefix: str, specs: Sequence[TargetSpec]) -> pl.DataFrame:
    if not specs or f"{prefix}{STAT_NAME_PREFIX}name" not in stats.columns:
        return stats.clear()
    return stats.filter(reduce(pl.Expr.or_, [_matches(spec, stats, prefix) for spec in specs]))


def _matches(spec: TargetSpec, stats: pl.DataFrame, prefix: str) -> pl.Expr:
    """Return whether a row's name is meant; a column that the frame lacks is null."""
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


def _check_means(run: RunDirectory, means: pl.Series) -> None:
    if not means.dtype.is_numeric() or not means.abs().max() <= LARGEST_NUMBER:  # type: ignore[operator]
        raise SuiteError(
            f"{run.name}: {means.name} has a mean that is no number, or beyond {LARGEST_NUMBER:g}"
        )


def _key_frame(run: RunDirectory, stats: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return the key columns alone, with those that every targets frame has.

    Numbers are floats, whatever they are in stats that are no targets: a type would tell of them.
    """
    wanted = {f"{prefix}{name}": dtype for name, dtype in TARGET_COLUMNS.items()}
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
    if stats.is_empty():
        instance_key = INSTANCE_KEY_COLUMNS if prefix else {}
        return pl.DataFrame(schema={RUN_NAME: pl.String, **instance_key, **wanted})
    try:
        return stats.select(RUN_NAME, *own, *names, *parameters)
    except pl.exceptions.PolarsError as error:
        raise SuiteError(f"{run.name}: a stat has a name {NOT_HELMS} ({error})") from error


def _actuals(
    run: RunDirectory, keys: pl.DataFrame, stats: pl.DataFrame, prefix: str
) -> tuple[Stat, ...]:
    """Return the actuals by the very keys that are staged, so that both are the same."""
    seen = set()
    actuals = []
    for key, row in zip(keys.iter_rows(named=True), stats.iter_rows(named=True), strict=True):
        name = Target.from_row({name.removeprefix(prefix): key[name] for name in key}).name
        instance = tuple(key[column] for column in INSTANCE_KEY_COLUMNS if prefix)
        if (instance, name) in seen:
            where = f" of instance {instance[0]}" if instance else ""
            raise SuiteError(f"{run.name}: has {name}{where} twice; expected it once")
        seen.add((instance, name))
        values = {value: row.get(f"{prefix}stats.{value}") for value in STAT_VALUES}
        actuals.append(Stat(name=name, **values))  # type: ignore[arg-type]
    return tuple(actuals)


def draw_instances(instance_ids: Sequence[str], most: int, rng: random.Random) -> tuple[str, ...]:
    """Return the ids of the revealed instances, all of them if there are too few to sample.

    Source: as ``draw_sampled``; with the same generator these are MAGNET's own draws.
    """
    distinct = list(dict.fromkeys(instance_ids))
    positions = rng.sample(range(len(distinct)), min(len(distinct), most))
    return tuple(distinct[position] for position in positions)
