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

from runner.contract.layout import LARGEST_NUMBER, PERTURBATION_PREFIX, RUN_NAME, STAT_NAME_PREFIX
from runner.contract.stat import STAT_VALUES, Stat, Target
from runner.errors import SuiteError
from runner.helm_outputs import (
    INSTANCE_ID,
    NOT_HELMS,
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
    twins = _twins(case.inputs, train)
    choices = {"division": asdict(division), "stat_names": sorted(stat_names), "runs": list(found)}
    return Suite(
        name=name,
        digest=_digest(choices, [*train, evaluated]),
        choices=choices,
        cases=(case,),
        warnings=_warnings(evaluated, len(revealed_ids), len(set(instance_ids)), twins),
    )


def _twins(inputs: Inputs, train: Sequence[RunDirectory]) -> list[str]:
    """Return the names of the train runs with the eval run's own scenario and model."""
    (evaluated,) = map(_scenario_and_model, inputs.eval_run_specs.iter_rows(named=True))
    specs = inputs.train.run_specs.iter_rows(named=True)
    pairs = zip(train, map(_scenario_and_model, specs), strict=True)
    return [run.name for run, found in pairs if found == evaluated]


def _scenario_and_model(spec: Mapping[str, Any]) -> dict[str, Any]:
    model = ("run_spec.adapter_spec.model", "run_spec.adapter_spec.model_deployment")
    return {
        column: value
        for column, value in spec.items()
        if value is not None and (column in model or column.startswith("run_spec.scenario_spec."))
    }


def _warnings(
    evaluated: RunDirectory, revealed: int, instances: int, twins: Sequence[str]
) -> tuple[str, ...]:
    warnings = []
    if revealed >= instances:
        warnings.append(
            f"{evaluated.name}: all {instances} instances are revealed with their completions and "
            "references, so a predictor can recompute its stats. Ask for fewer with --eval-samples."
        )
    if twins:
        warnings.append(
            f"{evaluated.name}: {len(twins)} train runs have its scenario and its model, e.g. "
            f"{twins[0]}. Stats of instances that they share, such as the unperturbed ones of a "
            "sweep, stand in the train frames. Choose runs with a glob, or another --seed."
        )
    return tuple(warnings)


def _case(
    train: Sequence[RunDirectory],
    evaluated: RunDirectory,
    frames: RunFrames,
    revealed_ids: Sequence[str],
    stat_names: Sequence[str],
) -> Case:
    """Return the case; ``frames`` are the eval run's, of which only allowed parts go on."""
    target_stats = _target_stats(frames.stats, stat_names, evaluated)
    targets = _target_keys(target_stats, evaluated)
    inputs = Inputs(
        train=concat_runs([read_run(run) for run in train]),
        eval_run_specs=_reveal_columns(frames.run_specs, REVEALED_RUN_SPEC_COLUMNS),
        eval_scenario_states=_reveal_columns(
            read_scenario_states(evaluated, revealed_ids),
            REVEALED_SCENARIO_STATE_COLUMNS,
        ),
        targets=targets,
        revealed={"instances_per_eval_run": len(revealed_ids), "completions": True},
    )
    return Case(
        id="case-1",
        train_runs=tuple(run.name for run in train),
        eval_runs=(evaluated.name,),
        inputs=inputs,
        actuals=_actuals(targets, target_stats, evaluated),
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
    means = computed["stats.mean"]
    if not means.dtype.is_numeric() or not means.abs().max() <= LARGEST_NUMBER:  # type: ignore[operator]
        raise SuiteError(f"{run.name}: stats.json has a mean that is no number, or beyond 1e150")
    return computed


def _target_keys(target_stats: pl.DataFrame, run: RunDirectory) -> pl.DataFrame:
    """Return the key columns alone, with those that every targets frame has.

    Numbers are floats, whatever they are in stats that are no targets: a type would tell of them.
    """
    parameters = [
        pl.col(name).cast(pl.Float64) if dtype.is_numeric() else pl.col(name)
        for name, dtype in sorted(target_stats.schema.items())
        if name.startswith(PERTURBATION_PREFIX)
        and name not in TARGET_COLUMNS
        and target_stats[name].null_count() < target_stats.height
    ]
    keys = [
        pl.col(name).cast(dtype)
        if name in target_stats.columns
        else pl.lit(None, dtype).alias(name)
        for name, dtype in TARGET_COLUMNS.items()
    ]
    try:
        return target_stats.select(*keys, *parameters)
    except pl.exceptions.PolarsError as error:
        raise SuiteError(f"{run.name}: stats.json has a name {NOT_HELMS} ({error})") from error


def _actuals(targets: pl.DataFrame, target_stats: pl.DataFrame, run: RunDirectory) -> Actuals:
    """Return the actuals by the very keys that are staged, so that both are the same."""
    stats: dict[Target, Stat] = {}
    rows = zip(targets.iter_rows(named=True), target_stats.iter_rows(named=True), strict=True)
    for key, row in rows:
        target = Target.from_row(key)
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
