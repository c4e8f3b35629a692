"""A suite: cases divided from HELM runs, each a pair of (Inputs, Actuals).

The two are different types. Staging and the sandbox take Inputs; only scoring takes Actuals.
"""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from runner.contract.layout import PERTURBATION_PREFIX, RUN_NAME, STAT_NAME_PREFIX
from runner.contract.stat import STAT_VALUES, Stat, Target
from runner.errors import SuiteError
from runner.helm_outputs import (
    INSTANCE_ID,
    RUN_FILES,
    STAT_NAME,
    RunDirectory,
    RunFrames,
    concat_runs,
    find_runs,
    read_run,
    read_scenario_states,
)
from runner.splits import SampledDivision, draw_instances, draw_runs

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

REVEALED_SCENARIO_STATE_COLUMNS = (
    "run_spec.name",
    "scenario_state.adapter_spec.",
    "scenario_state.request_states.instance.",
    "scenario_state.request_states.reference_index",
    "scenario_state.request_states.request_mode",
    "scenario_state.request_states.train_trial_index",
    "scenario_state.request_states.output_mapping.",
    "scenario_state.request_states.request.",
    "scenario_state.request_states.result.success",
    "scenario_state.request_states.result.completions",
    "scenario_state.request_states.result.embedding",
    "scenario_state.request_states.result.cached",
    "scenario_state.request_states.result.request_time",
    "scenario_state.request_states.result.request_datetime",
    "scenario_state.request_states.result.error",
    "scenario_state.request_states.result.error_flags.",
    "scenario_state.request_states.num_train_instances",
    "scenario_state.request_states.prompt_truncated",
    "scenario_state.request_states.num_conditioning_tokens",
)
"""Columns of a revealed request state. All that MAGNET reveals, but not ``annotations``: judges
write their scores there, which are the actuals themselves."""

TARGET_COLUMNS: Mapping[str, type[pl.DataType]] = {
    RUN_NAME: pl.String,
    STAT_NAME: pl.String,
    f"{STAT_NAME_PREFIX}split": pl.String,
    f"{STAT_NAME_PREFIX}sub_split": pl.String,
    f"{PERTURBATION_PREFIX}name": pl.String,
    f"{PERTURBATION_PREFIX}robustness": pl.Boolean,
    f"{PERTURBATION_PREFIX}fairness": pl.Boolean,
    f"{PERTURBATION_PREFIX}computed_on": pl.String,
}
"""The columns that every targets frame has; parameters of perturbations stand beside them."""


@dataclass(frozen=True)
class Inputs:
    """What one container may see. Holds no actual.

    Attributes:
        train: the train runs' frames, whole.
        eval_run_specs: (eval runs, revealed columns).
        eval_scenario_states: (revealed request states, revealed columns).
        targets: (targets, TARGET_COLUMNS and more of the key), one row per stat to predict.
        revealed: in words and numbers, for the manifest.
    """

    train: RunFrames
    eval_run_specs: pl.DataFrame
    eval_scenario_states: pl.DataFrame
    targets: pl.DataFrame
    revealed: Mapping[str, Any]


@dataclass(frozen=True)
class Actuals:
    """The withheld stats of one case, by target, in the order of the targets frame."""

    stats: Mapping[Target, Stat]


@dataclass(frozen=True)
class Case:
    """One train/eval division: what one container sees, and the actuals it is scored on."""

    id: str
    train_runs: tuple[str, ...]
    eval_runs: tuple[str, ...]
    inputs: Inputs
    actuals: Actuals


@dataclass(frozen=True)
class Suite:
    """A frozen set of cases.

    Attributes:
        digest: over every file and every choice that the cases stand on.
        choices: what was chosen to make the cases, for the record.
        warnings: what an organizer should know of the cases before trusting a score.
    """

    name: str
    digest: str
    choices: Mapping[str, Any]
    cases: tuple[Case, ...]
    warnings: tuple[str, ...]


def sample_suite(
    name: str, source: str | Path, division: SampledDivision, stat_names: Sequence[str]
) -> Suite:
    """Return the suite of one case that MAGNET's division draws from HELM runs.

    Args:
        name: what the suite is called, in the manifest and the report.
        source: where the HELM runs are; see ``find_runs``.
        division: how many runs and instances to draw, and the seed.
        stat_names: the stats of the eval run that become targets, e.g. ``exact_match``, for every
            split, sub_split and perturbation that it has.

    Raises:
        SuiteError: the runs can't be read, are too few, or lack the stats.
    """
    rng = random.Random(division.seed)  # noqa: S311  (a draw to repeat, not a secret)
    found = {run.name: run for run in find_runs(source)}
    drawn = draw_runs(list(found), division, rng)
    # In the order of the runs on disk, as MAGNET has them, not in the order of the draw.
    train = [run for run in found.values() if run.name in drawn.train]
    evaluated = found[drawn.evaluated]
    frames = read_run(evaluated)
    instance_ids = frames.scenario_states[INSTANCE_ID].to_list()
    revealed_ids = draw_instances(instance_ids, division, rng)
    case = _case(train, evaluated, frames, revealed_ids, stat_names)
    choices = {"division": asdict(division), "stat_names": sorted(stat_names), "runs": list(found)}
    return Suite(
        name=name,
        digest=_digest(choices, [*train, evaluated]),
        choices=choices,
        cases=(case,),
        warnings=_warnings(evaluated, len(revealed_ids), len(set(instance_ids))),
    )


def _warnings(evaluated: RunDirectory, revealed: int, instances: int) -> tuple[str, ...]:
    if revealed < instances:
        return ()
    warning = (
        f"{evaluated.name}: all {instances} instances are revealed with their completions and "
        "references, so a predictor can recompute its stats. Ask for fewer with --eval-samples."
    )
    return (warning,)


def _case(
    train: Sequence[RunDirectory],
    evaluated: RunDirectory,
    frames: RunFrames,
    revealed_ids: Sequence[str],
    stat_names: Sequence[str],
) -> Case:
    """Return the case; ``frames`` are the eval run's, of which only allowed parts go on."""
    target_stats = _target_stats(frames.stats, stat_names, evaluated)
    inputs = Inputs(
        train=concat_runs([read_run(run) for run in train]),
        eval_run_specs=_reveal_columns(frames.run_specs, REVEALED_RUN_SPEC_COLUMNS),
        eval_scenario_states=_reveal_columns(
            read_scenario_states(evaluated, revealed_ids),
            REVEALED_SCENARIO_STATE_COLUMNS,
        ),
        targets=_target_keys(target_stats),
        revealed={"instances_per_eval_run": len(revealed_ids), "completions": True},
    )
    return Case(
        id="case-1",
        train_runs=tuple(run.name for run in train),
        eval_runs=(evaluated.name,),
        inputs=inputs,
        actuals=_actuals(target_stats, evaluated),
    )


def _target_stats(
    stats: pl.DataFrame, stat_names: Sequence[str], run: RunDirectory
) -> pl.DataFrame:
    """Return the rows of the eval run's stats that are to be predicted."""
    found = set(stats[STAT_NAME]) if STAT_NAME in stats.columns else set()
    for name in stat_names:
        if name not in found:
            raise SuiteError(
                f"{run.name}: the eval run has no stat {name!r}. It has: "
                f"{', '.join(sorted(found)) or 'none'}. Choose others with --target, or another "
                "eval run with --seed."
            )
    chosen = stats.filter(pl.col(STAT_NAME).is_in(list(stat_names)))
    # HELM writes a stat that was never computed with count 0 and no mean: nothing to predict.
    has_means = "stats.mean" in chosen.columns
    computed = chosen.filter(pl.col("stats.mean").is_not_null()) if has_means else chosen.clear()
    if computed.is_empty():
        raise SuiteError(f"{run.name}: {', '.join(stat_names)} has no mean in this run (count 0)")
    return computed


def _target_keys(target_stats: pl.DataFrame) -> pl.DataFrame:
    """Return the key columns alone, with those that every targets frame has."""
    parameters = sorted(
        name
        for name in target_stats.columns
        if name.startswith(STAT_NAME_PREFIX)
        and name not in TARGET_COLUMNS
        and target_stats[name].null_count() < target_stats.height
    )
    keys = [
        pl.col(name).cast(dtype)
        if name in target_stats.columns
        else pl.lit(None, dtype).alias(name)
        for name, dtype in TARGET_COLUMNS.items()
    ]
    return target_stats.select(*keys, *parameters)


def _actuals(target_stats: pl.DataFrame, run: RunDirectory) -> Actuals:
    stats: dict[Target, Stat] = {}
    for row in target_stats.iter_rows(named=True):
        target = Target.from_row(row)
        if target in stats:
            raise SuiteError(f"{run.name}: stats.json has {target.name} twice; expected it once")
        values = {name: row.get(f"stats.{name}") for name in STAT_VALUES}
        stats[target] = Stat(name=target.name, **values)  # type: ignore[arg-type]
    return Actuals(stats)


def _reveal_columns(frame: pl.DataFrame, allowed: Sequence[str]) -> pl.DataFrame:
    """Return a frame of the allowed columns only. What HELM may add later stays withheld."""
    exact = {name for name in allowed if not name.endswith(".")}
    prefixes = tuple(name for name in allowed if name.endswith("."))
    return frame.select(
        name for name in frame.columns if name in exact or name.startswith(prefixes)
    )


def _digest(choices: Mapping[str, Any], runs: Sequence[RunDirectory]) -> str:
    """Return ``sha256:...`` over the choices and the bytes of every file of the runs used."""
    files = {
        f"{run.name}/{name}": hashlib.sha256((run.path / name).read_bytes()).hexdigest()
        for run in runs
        for name in RUN_FILES
    }
    text = json.dumps({"choices": choices, "files": files}, sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
