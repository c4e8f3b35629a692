"""What a cheater takes from a case's train runs: items, their scores, and who tells gold."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from runner.audit.revealed_items import SCORES, read_revealed, value_rows
from runner.contract import layout
from runner.contract.text_metrics import TEXT_METRICS
from runner.helm_outputs.column_names import STAT_NAME
from runner.helm_outputs.common_types import join, plain_rows
from runner.suites.items import (
    ITEM_KEY,
    ITEM_SCHEMA,
    STATES,
    Place,
    describe_items,
    hash_text,
    item_place,
    perturbation_text,
    reference_text,
)
from runner.suites.manifest import RunRecord

ENTRIES = "per_instance_stats."
OWN = {
    "run": pl.Int64,
    "scenario": pl.Categorical,
    "scenario_class": pl.Categorical,
    "deployment": pl.Categorical,
}
"""What every frame of the cheater says of a run, in a fourth of the memory of texts."""

TOLD = {"told": pl.Categorical, "gold": pl.UInt64, "place_of_gold": pl.Int64}
"""An item's tagged references and its output mapping as JSON, which many runs have in common; a
hash of the texts of the correct ones; and where the only correct one is among the references."""

SCORED = {**SCORES, "prompt": pl.UInt64, "input": pl.UInt64}
"""Scores of items, and what shows that two runs have an item in common."""


RUNS_AT_ONCE = 64
"""So many runs are read before what is kept of them is put together."""


@dataclass(frozen=True)
class TrainSide:
    """The train runs of a case.

    Attributes:
        tagged: (items that tell of gold, OWN + ITEM_SCHEMA + TOLD); none unless gold was asked for.
        scores: (items x metrics, OWN + SCORED).
        stats: those of the metrics: the run, and the staged frames' keys and means.
        instance_stats: of the metrics of instance targets alone.
    """

    tagged: pl.DataFrame
    scores: pl.DataFrame
    stats: pl.DataFrame
    instance_stats: pl.DataFrame


class TrainRuns:
    """The train runs of a suite: what a cheater takes from them, in little memory."""

    def __init__(self, runs: Iterable[RunRecord], kept: TrainSide) -> None:
        """Keep what was read.

        Args:
            kept: of all runs, but of OWN only the run.
        """
        self._own = _own(runs)
        self._kept = kept

    def of(self, runs: Iterable[RunRecord]) -> TrainSide:
        """Return what is of these runs."""
        numbers = pl.Series([run.number for run in runs], dtype=pl.Int64).implode()
        kept = self._kept
        frames = (kept.tagged, kept.scores, kept.stats, kept.instance_stats)
        tagged, scores, *stats = (each.filter(pl.col("run").is_in(numbers)) for each in frames)
        return TrainSide(_with_own(self._own, tagged), _with_own(self._own, scores), *stats)


def read_train_runs(
    runs: Sequence[RunRecord],
    read: Callable[[RunRecord, str], pl.DataFrame],
    metrics: Collection[str],
    instance_metrics: Collection[str],
    *,
    with_gold: bool,
) -> TrainRuns:
    """Return what a cheater takes from train runs, of the stats with these names.

    Args:
        read: returns a run's part of a file below ``/input``.
        instance_metrics: those that are predicted of instances too.
    """
    read_some = partial(_read_some, read, metrics, instance_metrics, with_gold=with_gold)
    batches = [
        read_some(runs[start : start + RUNS_AT_ONCE]) for start in range(0, len(runs), RUNS_AT_ONCE)
    ]
    kept = TrainSide(*map(join, zip(*batches, strict=True)))
    return TrainRuns(runs, kept)


def _read_some(
    read: Callable[[RunRecord, str], pl.DataFrame],
    metrics: Collection[str],
    instance_metrics: Collection[str],
    runs: Iterable[RunRecord],
    *,
    with_gold: bool,
) -> tuple[pl.DataFrame, ...]:
    """Return the members of a TrainSide, of a few runs and without what OWN says of them."""
    items, told, stats, entries = [], [], [], []
    recomputed: list[tuple[Any, ...]] = []
    for run in runs:
        states = read(run, layout.TRAIN_SCENARIO_STATES)
        items.append(_of_run(run, describe_items(states)))
        if with_gold:
            told.append(_of_run(run, _told(states)))
        stats.append(_of_run(run, _of_metrics(read(run, layout.TRAIN_STATS), "", metrics)))
        instance_stats = read(run, layout.TRAIN_PER_INSTANCE_STATS)
        entries.append(_of_run(run, _of_metrics(instance_stats, ENTRIES, metrics)))
        missing = _missing(entries[-1], metrics)
        if missing:
            recomputed += value_rows(run.number, read_revealed(states), missing)
    all_items, of_instances = pl.concat(items), join(entries)
    tells = pl.concat(told or [pl.DataFrame(schema={"run": pl.Int64, **_key_and(TOLD)})])
    scores = [_scores(of_instances), pl.DataFrame(recomputed, schema=SCORES, orient="row")]
    known, key = pl.concat(scores).drop_nulls("value"), ["run", *ITEM_KEY]
    kept = (
        all_items.join(tells, on=key, maintain_order="left"),
        all_items.join(known, on=key, maintain_order="left").select(SCORED.keys()),
        join(stats),
        of_instances.filter(_has_name(of_instances, instance_metrics)),
    )
    return tuple(map(_alone, kept))


def _has_name(entries: pl.DataFrame, metrics: Collection[str]) -> pl.Expr:
    """Return which rows of per_instance_stats are of the stats with these names."""
    name = f"{ENTRIES}{STAT_NAME}"
    return pl.col(name).is_in(list(metrics)) if name in entries.columns else pl.lit(value=False)


def _alone(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame without the memory of rows and columns that it was chosen from."""
    return pl.DataFrame(frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()))


def _missing(entries: pl.DataFrame, metrics: Collection[str]) -> list[str]:
    """Return the metrics that a run has no stats of, but that its completions tell."""
    name = f"{layout.INSTANCE_STAT_NAME_PREFIX}name"
    present = set(entries[name]) if name in entries.columns else set()
    return [each for each in metrics if each.partition("@")[0] in TEXT_METRICS.keys() - present]


def _own(runs: Iterable[RunRecord]) -> pl.DataFrame:
    """Return what OWN says of runs."""
    return pl.DataFrame(
        [
            (run.number, run.scenario, run.scenario.partition("(")[0], run.model_deployment)
            for run in runs
        ],
        schema=OWN,
        orient="row",
    )


def _with_own(own: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with what OWN says of its runs before its columns."""
    return own.join(frame, on="run", maintain_order="right")


def read_items(
    runs: Sequence[RunRecord], read: Callable[[RunRecord], pl.DataFrame]
) -> pl.DataFrame:
    """Return the items of several runs, with OWN before their columns.

    Args:
        read: returns a run's items, see ``describe_items``.
    """
    some = (runs[start : start + RUNS_AT_ONCE] for start in range(0, len(runs), RUNS_AT_ONCE))
    items = [_alone(pl.concat(_of_run(run, read(run)) for run in each)) for each in some]
    return _with_own(_own(runs), pl.concat(items))


def _of_run(run: RunRecord, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.insert_column(0, pl.Series("run", [run.number] * frame.height, dtype=pl.Int64))


def _of_metrics(stats: pl.DataFrame, prefix: str, metrics: Collection[str]) -> pl.DataFrame:
    """Return the keys and means of the stats with these names."""
    name, mean = f"{prefix}{STAT_NAME}", f"{prefix}stats.mean"
    if name not in stats.columns or mean not in stats.columns:
        return pl.DataFrame()
    key = (f"{prefix}{layout.STAT_NAME_PREFIX}", layout.INSTANCE_ID, layout.TRAIN_TRIAL_INDEX)
    columns = [column for column in stats.columns if column.startswith(key) or column == mean]
    wanted = pl.col(name).is_in(list(metrics)) & pl.col(mean).is_not_null()
    return stats.lazy().filter(wanted).select(columns).collect()


def _key_and(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: ITEM_SCHEMA[name] for name in ITEM_KEY}, **columns}


def _told(states: pl.DataFrame) -> pl.DataFrame:
    """Return for each item its tagged references and its output mapping, and where gold is."""
    rows: dict[Place, tuple[str, int, int | None]] = {}
    for row in plain_rows(
        states.select(name for name in states.columns if name.startswith(STATES))
    ):
        references = row.get(f"{STATES}instance.references") or []
        tagged = [
            place for place, each in enumerate(references) if "correct" in (each.get("tags") or ())
        ]
        if tagged:
            told = json.dumps([references, _output_mapping(row)])
            gold = hash_text(
                json.dumps(sorted(reference_text(references[place]) for place in tagged))
            )
            only = tagged[0] if len(tagged) == 1 else None
            rows.setdefault(item_place(row), (told, gold, only))
    return pl.DataFrame(
        [(*place, *values) for place, values in rows.items()], schema=_key_and(TOLD), orient="row"
    )


def _output_mapping(row: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the choices by the letters that stand for them; None if there are none."""
    prefix = f"{STATES}output_mapping."
    mapping = {
        name.removeprefix(prefix): value
        for name, value in row.items()
        if value is not None and name.startswith(prefix)
    }
    return mapping or None


def read_scores(run: RunRecord, entries: pl.DataFrame, metrics: Collection[str]) -> pl.DataFrame:
    """Return the scores of a run's items, SCORES, from a frame of per-instance stats."""
    return _scores(_of_run(run, _of_metrics(entries, ENTRIES, metrics)))


def _scores(entries: pl.DataFrame) -> pl.DataFrame:
    """Return the scores of items, SCORES, from their rows of per_instance_stats."""
    prefix, mean = layout.INSTANCE_STAT_NAME_PREFIX, f"{ENTRIES}stats.mean"
    if mean not in entries.columns:
        return pl.DataFrame(schema=SCORES)
    trial = layout.TRAIN_TRIAL_INDEX
    return (
        entries.with_columns(perturbation=_perturbation_texts(entries, f"{prefix}perturbation."))
        .select(
            "run",
            pl.col(layout.INSTANCE_ID).cast(pl.String).alias("instance_id"),
            (pl.col(trial).cast(pl.Int64) if trial in entries.columns else pl.lit(0)).alias(
                "trial"
            ),
            "perturbation",
            pl.col(f"{prefix}name").alias("metric"),
            pl.col(mean).cast(pl.Float64).alias("value"),
        )
        .unique(["run", *ITEM_KEY, "metric"], keep="first", maintain_order=True)
        .cast(SCORES)  # type: ignore[arg-type]  # a dict of types; Polars names it narrower
    )


def _perturbation_texts(frame: pl.DataFrame, prefix: str) -> pl.Series:
    """Return each row's perturbation as text, from the columns that begin with the prefix."""
    columns = [name for name in frame.columns if name.startswith(prefix)]
    if not columns:
        return pl.Series("perturbation", [""] * frame.height, dtype=pl.String)
    kinds = frame.select(columns).unique(maintain_order=True)
    texts = [
        perturbation_text(
            {name.removeprefix(prefix): each for name, each in row.items() if each is not None}
        )
        for row in plain_rows(kinds)
    ]
    named = kinds.with_columns(pl.Series("perturbation", texts, dtype=pl.String))
    # A few rows have each perturbation: they are compared as a whole, nulls included.
    joined = frame.select(columns).join(
        named, on=columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["perturbation"]
