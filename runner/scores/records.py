"""The frame of records: one row per target, with both of its sides, or why there is no score."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.scores.scenarios import MODEL_COLUMNS, cell_text, scenario_text
from runner.scores.terms import crps_of_normal

BUDGET = "budget"

KEY: Mapping[str, type[pl.DataType]] = {
    "case": pl.String,
    RUN_NAME: pl.String,
    "stat": pl.String,
    "split": pl.String,
    "sub_split": pl.String,
    "perturbation": pl.String,
    "instance_id": pl.String,
    "train_trial_index": pl.Int64,
}
"""Columns that name a target; ``instance_id`` and the trial only for a stat of an instance."""

TARGETS: Mapping[str, type[pl.DataType]] = {
    **KEY,
    "predicted_mean": pl.Float64,
    "predicted_stddev": pl.Float64,
    "actual_mean": pl.Float64,
    "actual_stddev": pl.Float64,
    BUDGET: pl.Int64,
    "replicate": pl.Int64,
    "perturbed_by": pl.String,
    "computed_on": pl.String,
    "baseline": pl.Float64,
    "sample_mean": pl.Float64,
    "instances": pl.Int64,
    "outcome": pl.String,
    "reason": pl.String,
}
"""``budget`` is how many instances of each eval run the case reveals, null if all; ``replicate`` is
the draw that it is of, from 1. ``perturbation`` is all of it as text, ``perturbed_by`` without what
it is computed on, ``baseline`` the train mean, ``sample_mean`` that of the revealed instances,
``instances`` how many a stat is over (0 for a copy of another target), ``reason`` why the case has
no predictions, if it has none."""

NOT_PREDICTED = "not predicted"

RUN_COLUMNS = (RUN_NAME, "scenario", "model")


class StatKey(NamedTuple):
    """A stat's name as texts, as the records have it; the first four are its part of KEY."""

    stat: str
    split: str | None
    sub_split: str | None
    perturbation: str | None
    perturbed_by: str | None
    computed_on: str | None


def stat_key(name: Mapping[str, Any]) -> StatKey:
    """Return the texts for HELM's JSON of a ``MetricName``."""
    perturbation = name.get("perturbation")
    without = {k: v for k, v in (perturbation or {}).items() if k != "computed_on"}
    return StatKey(
        stat=name["name"],
        split=name.get("split"),
        sub_split=name.get("sub_split"),
        perturbation=None if perturbation is None else perturbation_text(perturbation),
        perturbed_by=None if perturbation is None else perturbation_text(without),
        computed_on=None if perturbation is None else perturbation.get("computed_on"),
    )


def perturbation_text(perturbation: Mapping[str, Any]) -> str:
    """Return e.g. ``typos(computed_on=worst, prob=0.5, robustness)``; flags not set are left out.

    Whole numbers are written without a point: HELM's JSON has 0 in one run and 0.0 in another.
    """
    others = sorted((key, value) for key, value in perturbation.items() if key != "name")
    words = [
        key if value is True else f"{key}={_plain(value)}"
        for key, value in others
        if value is not False and value is not None
    ]
    return f"{perturbation.get('name')}({', '.join(words)})"


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def target_frame(columns: Mapping[str, Sequence[Any]]) -> pl.DataFrame:
    """Return the frame of targets, columns TARGETS, from the cells of each."""
    return pl.DataFrame([pl.Series(name, columns[name], kind) for name, kind in TARGETS.items()])


def make_records(
    targets: pl.DataFrame, run_specs: pl.DataFrame, worst: tuple[float, float] | None = None
) -> pl.DataFrame:
    """Return one row per target: its key, both means and stddevs, and the error.

    Args:
        targets: columns TARGETS, one row per target.
        run_specs: what is known of the eval runs, one row per run, as ``describe_runs`` returns
            it; its columns are joined to each target.
        worst: the range of the stats. A target that its scored case did not predict gets the error
            of the end that is farther from its actual; without a range it gets none.

    Returns:
        KEY, budget, replicate, perturbed_by, computed_on, kind (see ``metrics.Kind``),
        predicted_mean, predicted_stddev, actual_mean, actual_stddev, baseline, sample_mean,
        instances, error, outcome, reason, crps, then the columns of the run specs. ``reason`` is
        null where the prediction is there.
    """
    is_missing = pl.col("predicted_mean").is_null()
    stands_in = is_missing & pl.col("reason").is_null() & pl.lit(worst is not None)
    records = targets.select(
        *KEY,
        BUDGET,
        "replicate",
        "perturbed_by",
        "computed_on",
        _kind(targets).alias("kind"),
        "predicted_mean",
        "predicted_stddev",
        "actual_mean",
        "actual_stddev",
        "baseline",
        "sample_mean",
        "instances",
        pl.when(stands_in)
        .then(_worst_error(*(worst or (0.0, 0.0))))
        .otherwise(pl.col("predicted_mean") - pl.col("actual_mean"))
        .alias("error"),
        "outcome",
        pl.when(is_missing).then(pl.coalesce("reason", pl.lit(NOT_PREDICTED))).alias("reason"),
    )
    with_crps = records.with_columns(_crps(records).alias("crps"))
    return with_crps.join(run_specs, on=RUN_NAME, how="left", maintain_order="left")


def _kind(targets: pl.DataFrame) -> pl.Expr:
    """Return what a target is; a stat of instances is binary if no actual is other than 0 or 1."""
    if targets["instance_id"].null_count() == targets.height:
        return pl.lit("stat")
    is_of_run = pl.col("instance_id").is_null()
    is_binary = pl.col("actual_mean").is_in([0.0, 1.0]).all().over("stat", is_of_run)
    of_instance = pl.when(is_binary).then(pl.lit("binary")).otherwise(pl.lit("instance"))
    return pl.when(is_of_run).then(pl.lit("stat")).otherwise(of_instance)


def _crps(records: pl.DataFrame) -> pl.Series:
    """Return the CRPS of each target that has an error; without a stddev above 0 it is |error|."""
    rows = records.with_row_index("row").filter(pl.col("predicted_stddev") > 0)
    if rows.is_empty():
        return records["error"].abs()
    columns = ("actual_mean", "predicted_mean", "predicted_stddev")
    values = crps_of_normal(*(rows[column].to_numpy() for column in columns))
    return records["error"].abs().scatter(rows["row"], values)


def _worst_error(low: float, high: float) -> pl.Expr:
    """Return the error of the end of a range that is farther from the actual mean."""
    above, below = (end - pl.col("actual_mean") for end in (high, low))
    return pl.when(above >= -below).then(above).otherwise(below)


def describe_runs(run_specs: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Return run_spec.name, scenario, model, and every revealed column of the eval runs' specs.

    Args:
        run_specs: run_spec.name -> {column of the frame: value}. Lists and objects become JSON.
    """
    specs = run_specs.values()
    columns = dict.fromkeys(
        column for spec in specs for column in spec if column not in RUN_COLUMNS
    )
    texts = {column: [cell_text(spec.get(column)) for spec in specs] for column in columns}
    return name_runs(run_specs).hstack(
        [pl.Series(column, values, pl.String) for column, values in texts.items()]
    )


def name_runs(run_specs: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Return run_spec.name, scenario and model: what scores over a suite need of its runs."""
    specs = run_specs.values()
    texts = {
        RUN_NAME: list(run_specs),
        "scenario": [scenario_text(spec) for spec in specs],
        "model": [
            next((spec[c] for c in MODEL_COLUMNS if spec.get(c) is not None), None)
            for spec in specs
        ],
    }
    return pl.DataFrame(texts, schema=dict.fromkeys(RUN_COLUMNS, pl.String))
