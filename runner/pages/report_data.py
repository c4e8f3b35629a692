"""What the script of a report's page draws: groups, targets, plots, the records as Parquet."""

import base64
import random
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.pages.charts import draw_charts
from runner.pages.packing import pack
from runner.reports.record_files import RECORDS_PARQUET, record_files
from runner.reports.report import Report
from runner.scores.aggregation import score_targets
from runner.scores.calibration import coverage_curve, reliability
from runner.scores.prepared_targets import RUN_SPEC_PREFIX
from runner.scores.records import BUDGET
from runner.scores.score import Score
from runner.untrusted import printable

OF_ONE_TARGET = ("max_error",)

FEWEST_TARGETS = 10
"""With fewer targets, participants could compute the actuals from a score and their predictions."""

MOST_POINTS = 3_000
"""More points take a browser seconds to draw, and show nothing new."""

CATEGORIES = ("scenario", "model", "stat", "perturbation")

COLORS_BY = ("scenario", "model", "stat", "split", "perturbation", "case", "budget", "replicate")
"""Columns by which points can be coloured, besides those of the run specs, if they differ."""

NUMBERS = ("error", "predicted", "actual", "stddev", "baseline")
"""Numbers of a target by which points can be coloured, if they differ."""


def find_categories(
    report: Report, records: pl.DataFrame, *, with_actuals: bool
) -> list[dict[str, Any]]:
    """Return the primary metric of each group, for each category with more than one group."""
    primary = report.scoring.primary
    scores = score_targets(
        records, CATEGORIES, policy=report.scoring, intervals=True, metrics=(primary,)
    )
    found = [
        score
        for score in (*report.budget_curve(primary), *scores)
        if with_actuals or score.targets >= FEWEST_TARGETS
    ]
    categories = []
    for name in (BUDGET, *CATEGORIES):
        groups = [score for score in found if score.category == name]
        if len(groups) > 1:
            categories.append({"name": name, "rows": [_group_row(score) for score in groups]})
    return categories


def _group_row(score: Score) -> dict[str, Any]:
    return {
        "group": None if score.group is None else printable(score.group),
        **{name: getattr(score, name) for name in ("value", "low", "high", "targets", "reason")},
    }


def draw_targets(report: Report, records: pl.DataFrame) -> dict[str, Any]:
    """Return all targets with their actuals, the plots of them, and the records as Parquet.

    Empty if there are none.
    """
    targets = target_rows(records)
    if not targets:
        return {}
    drawn = _drawn(targets)
    colors = _color_columns(records)
    found: dict[str, Any] = {
        "targets": pack([{**row, **more} for row, more in zip(targets, colors, strict=True)]),
        "colors": list(colors[0]),
        "numbers": [name for name in NUMBERS if len({row[name] for row in targets} - {None}) > 1],
        "parquet": base64.b64encode(record_files(records)[RECORDS_PARQUET]).decode(),
    }
    if drawn:
        found["drawn"] = drawn
        found["charts"] = draw_charts(
            [targets[row] for row in drawn],
            report.budget_curve(report.scoring.primary),
            coverage_curve(records, report.scoring),
            reliability(records, report.scoring),
        )
    return found


def target_rows(records: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one mapping per target, in the form that the page's table and charts use."""
    return [_target_row(row) for row in records.iter_rows(named=True)]


def stat_text(row: Mapping[str, Any]) -> str:
    """Return the stat of a row of records in full."""
    split = "" if row["split"] is None else f" split={row['split']}"
    sub_split = "" if row["sub_split"] is None else f" sub_split={row['sub_split']}"
    perturbation = "" if row["perturbation"] is None else f" {row['perturbation']}"
    return f"{row['stat']}{split}{sub_split}{perturbation}"


def _target_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": row[RUN_NAME],
        "stat": stat_text(row),
        "instance": row["instance_id"],
        "scenario": row["scenario"],
        "model": row["model"],
        "predicted": row["predicted_mean"],
        "stddev": row["predicted_stddev"],
        "actual": row["actual_mean"],
        "error": row["error"],
        "baseline": row["baseline"],
        "reason": row["reason"],
        "case": row["case"],
    }


def _color_columns(records: pl.DataFrame) -> list[dict[str, Any]]:
    """Return for each record its value in each column by which points can be coloured."""
    of_runs = [name for name in records.columns if name.startswith(RUN_SPEC_PREFIX)]
    names = [
        name
        for name in dict.fromkeys((*COLORS_BY, *of_runs))
        if name in records.columns and name != RUN_NAME and records[name].n_unique() > 1
    ]
    texts = records.select(pl.col(name).cast(pl.String).alias(f"by {name}") for name in names)
    return texts.to_dicts() if names else [{} for _ in range(records.height)]


def _drawn(targets: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the rows for the plots: those with a prediction; a sample if there are very many."""
    rows = [row for row, target in enumerate(targets) if target["predicted"] is not None]
    if len(rows) <= MOST_POINTS:
        return rows
    return sorted(random.Random(0).sample(rows, MOST_POINTS))  # noqa: S311  (not secret)
