"""The page of one evaluation."""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from runner.contract.layout import RUN_NAME
from runner.pages.bars import Bar, Scale
from runner.pages.packing import pack
from runner.pages.page import asset, render_page
from runner.reports.records import report_records
from runner.reports.report import CaseRecord, Report
from runner.reports.score_text import population, repetition_lines, sharing_lines
from runner.scores.aggregation import Score, score_targets
from runner.scores.budgets import BUDGET
from runner.scores.metrics import METRICS

FEWEST_TARGETS = 10
"""With fewer targets, participants could compute the actuals from a score and their predictions."""

OF_ONE_TARGET = ("max_error",)

MOST_POINTS = 3_000
"""More points take a browser seconds to draw, and show nothing new."""

CATEGORIES = ("scenario", "model", "stat", "perturbation")
HEADLINE = ("skill", "rmse", "bias", "kendall", "brier", "log_loss", "auroc", "instance_mae")
MOST_CARDS = 5

TARGET_COLUMNS = (
    *("case", RUN_NAME, "stat", "split", "sub_split", "perturbation", "instance_id"),
    *("scenario", "model", "predicted_mean", "actual_mean", "error", "baseline", "reason"),
)


def report_page(report: Report, *, with_actuals: bool) -> str:
    """Return the page's HTML.

    Args:
        with_actuals: show every target with its actual, and messages, which quote the output.
            Without them the page holds scores and causes, and can be published while the suite is
            closed.
    """
    records = report_records(report)
    primary = report.scoring.primary
    scores = score_targets(
        records, CATEGORIES, policy=report.scoring, intervals=True, metrics=(primary,)
    )
    curve = report.budget_curve(primary)
    by_group = (*curve, *scores)
    shown = [score for score in by_group if with_actuals or score.targets >= FEWEST_TARGETS]
    scripts = [asset("sorting.js")]
    data: dict[str, Any] = {}
    targets = target_rows(records) if with_actuals else []
    drawn = _drawn(targets)
    if targets:
        data["targets"] = pack(targets)
    if drawn:
        # Imported here: it is slow, and a page without actuals has no charts.
        from runner.pages.charts import chart_script, draw_charts  # noqa: PLC0415

        data["charts"] = draw_charts([targets[row] for row in drawn], curve)
        data["drawn"] = drawn
        scripts = [chart_script(), *scripts]
    return render_page(
        "report.html.j2",
        {
            "report": report,
            "runner_version": report.runner_version,
            "primary": report.score(report.scoring.primary),
            "population": population,
            "primary_metric": report.scoring.primary_metric,
            "cards": _cards(report),
            "metrics": METRICS,
            "suite_scores": [
                score
                for score in report.scores
                if with_actuals or score.metric not in OF_ONE_TARGET
            ],
            "curve": bool(curve),
            "categories": _categories(shown),
            "cases": [_case(case) for case in report.cases],
            "scored_cases": sum(case.outcome == "scored" for case in report.cases),
            "repetitions": repetition_lines(report),
            "sharing": sharing_lines(report),
            "settings": _settings(report.cases),
            "with_actuals": with_actuals,
            "targets": len(targets),
            "points": len(drawn),
        },
        [*scripts, asset("report.js")] if targets else scripts,
        data,
    )


def _cards(report: Report) -> list[Score]:
    found = [report.score(name) for name in HEADLINE if name != report.scoring.primary]
    return [score for score in found if score is not None and score.value is not None][:MOST_CARDS]


def _categories(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Return the primary metric of each group, for each category with more than one group."""
    categories = []
    for category in (BUDGET, *CATEGORIES):
        groups = [score for score in scores if score.category == category]
        if len(groups) > 1:
            scale = Scale.of(groups)
            rows = [{"score": score, "bar": Bar.of(score, scale)} for score in groups]
            found = {"name": category, "rows": rows, "low": scale.low, "high": scale.high}
            categories.append(found)
    return categories


def _case(case: CaseRecord) -> dict[str, Any]:
    used = case.resources
    limits = case.limits
    measured: list[tuple[str, float | None, float]] = [
        ("time", case.wall_seconds, limits["wall_seconds"]),
        ("memory", used.peak_memory_bytes, limits["memory_bytes"]),
        ("output", used.output_bytes, limits["output_bytes"]),
    ]
    return {
        "record": case,
        "uses": {
            name: {"text": _amounts(name, value, limit), "share": min(value / limit, 1.0)}
            for name, value, limit in measured
            if value is not None
        },
        "cpu_seconds": None if used is None else used.cpu_seconds,
    }


def _amounts(name: str, value: float, limit: float) -> str:
    if name == "time":
        return f"{value:.1f} of {limit:g} s"
    return f"{value / 2**20:.1f} of {limit / 2**20:g} MiB"


def _settings(cases: Iterable[CaseRecord]) -> list[tuple[str, str]]:
    """Return the sandbox's settings that the engine reported for the first started container."""
    attestation = next((case.sandbox for case in cases if case.sandbox is not None), None)
    effective: Mapping[str, Any] = {} if attestation is None else attestation.effective
    return [(name.removeprefix("HostConfig."), _setting(effective[name])) for name in effective]


def _setting(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def target_rows(records: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one mapping per target, in the form that the page's table and charts use."""
    rows = records.select(name for name in TARGET_COLUMNS if name in records.columns)
    return [_target_row(row) for row in rows.iter_rows(named=True)]


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
        "actual": row["actual_mean"],
        "error": row["error"],
        "baseline": row["baseline"],
        "reason": row["reason"],
    }


def _drawn(targets: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the rows for the plots: those with a prediction; a sample if there are very many."""
    rows = [row for row, target in enumerate(targets) if target["predicted"] is not None]
    if len(rows) <= MOST_POINTS:
        return rows
    return sorted(random.Random(0).sample(rows, MOST_POINTS))  # noqa: S311  (not secret)
