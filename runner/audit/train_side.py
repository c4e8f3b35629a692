"""What a cheater takes from a case's train runs: items, their scores, and who tells gold."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from runner.contract import layout
from runner.helm_outputs.common_types import plain_rows
from runner.helm_outputs.files import STAT_NAME
from runner.suites.items import (
    ITEM_KEY,
    ITEM_SCHEMA,
    STATES,
    Place,
    describe_items,
    item_place,
    perturbation_text,
    reference_text,
)
from runner.suites.manifest import RunRecord
from runner.suites.open_half import Part
from runner.suites.parts import read_part

ENTRIES = "per_instance_stats."
OWN = {
    "run": pl.Int64,
    "scenario": pl.String,
    "scenario_class": pl.String,
    "deployment": pl.String,
}
"""What every frame of the cheater says of a run."""

TOLD = {"told": pl.String, "gold": pl.String, "place_of_gold": pl.Int64}
"""An item's tagged references and its output mapping, and the texts of the correct ones, as JSON;
and where the only correct one is among the references. Null where there is no tag."""

SCORES = {
    **{name: ITEM_SCHEMA[name] for name in ITEM_KEY},
    "metric": pl.String,
    "value": pl.Float64,
}


@dataclass(frozen=True)
class TrainRun:
    """One train run.

    Attributes:
        items: (items, OWN + ITEM_SCHEMA + TOLD), the latter null unless gold was asked for.
        scores: (items x metrics, OWN + ITEM_SCHEMA + metric and value).
        stats: (stats of the metrics, the columns of the staged frame).
    """

    items: pl.DataFrame
    scores: pl.DataFrame
    stats: pl.DataFrame


def read_train_run(
    run: RunRecord, parts: Mapping[str, Part], metrics: Collection[str], *, with_gold: bool
) -> TrainRun:
    """Return what a cheater takes from a train run, of the stats with these names.

    Args:
        parts: by the file below ``/input``.
    """
    states = read_part(parts[layout.TRAIN_SCENARIO_STATES])
    items = own_columns(run, describe_items(states))
    told = _told(states) if with_gold else pl.DataFrame(schema=_key_and(TOLD))
    scores = read_scores(read_part(parts[layout.TRAIN_PER_INSTANCE_STATS]), metrics)
    stats = read_part(parts[layout.TRAIN_STATS])
    return TrainRun(
        items=items.join(told, on=ITEM_KEY, how="left"),
        scores=items.join(scores, on=ITEM_KEY),
        stats=stats.filter(pl.col(STAT_NAME).is_in(list(metrics)))
        if STAT_NAME in stats.columns
        else stats.clear(),
    )


def own_columns(run: RunRecord, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with what it says of the run before its columns."""
    values = (run.number, run.scenario, run.scenario.partition("(")[0], run.model_deployment)
    own = zip(OWN.items(), values, strict=True)
    return frame.select(
        *(pl.lit(value, dtype).alias(name) for (name, dtype), value in own), pl.all()
    )


def _key_and(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: ITEM_SCHEMA[name] for name in ITEM_KEY}, **columns}


def _told(states: pl.DataFrame) -> pl.DataFrame:
    """Return for each item its tagged references and its output mapping, and where gold is."""
    rows: dict[Place, tuple[str, str, int | None]] = {}
    for row in plain_rows(
        states.select(name for name in states.columns if name.startswith(STATES))
    ):
        references = row.get(f"{STATES}instance.references") or []
        tagged = [
            place for place, each in enumerate(references) if "correct" in (each.get("tags") or ())
        ]
        if tagged:
            told = json.dumps([references, output_mapping(row)])
            gold = json.dumps(sorted(reference_text(references[place]) for place in tagged))
            only = tagged[0] if len(tagged) == 1 else None
            rows.setdefault(item_place(row), (told, gold, only))
    return pl.DataFrame(
        [(*place, *values) for place, values in rows.items()], schema=_key_and(TOLD), orient="row"
    )


def output_mapping(row: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the choices by the letters that stand for them; None if there are none."""
    prefix = f"{STATES}output_mapping."
    mapping = {
        name.removeprefix(prefix): value
        for name, value in row.items()
        if value is not None and name.startswith(prefix)
    }
    return mapping or None


def read_scores(entries: pl.DataFrame, metrics: Collection[str]) -> pl.DataFrame:
    """Return the items' scores of these metrics, SCORES, from a frame of per-instance stats."""
    prefix, mean = layout.INSTANCE_STAT_NAME_PREFIX, f"{ENTRIES}stats.mean"
    if f"{prefix}name" not in entries.columns or mean not in entries.columns:
        return pl.DataFrame(schema=SCORES)
    rows = entries.filter(pl.col(f"{prefix}name").is_in(list(metrics)) & pl.col(mean).is_not_null())
    trial = layout.TRAIN_TRIAL_INDEX
    return (
        rows.with_columns(perturbation=perturbation_texts(rows, f"{prefix}perturbation."))
        .select(
            pl.col(layout.INSTANCE_ID).cast(pl.String).alias("instance_id"),
            (pl.col(trial).cast(pl.Int64) if trial in rows.columns else pl.lit(0)).alias("trial"),
            "perturbation",
            pl.col(f"{prefix}name").alias("metric"),
            pl.col(mean).cast(pl.Float64).alias("value"),
        )
        .unique([*ITEM_KEY, "metric"], keep="first", maintain_order=True)
        .cast(SCORES)  # type: ignore[arg-type]
    )


def perturbation_texts(frame: pl.DataFrame, prefix: str) -> pl.Series:
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
