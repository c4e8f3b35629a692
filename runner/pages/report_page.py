"""The page of one evaluation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.pages.charts import chart_script
from runner.pages.page import TABLE_SCRIPTS, asset, render_page
from runner.pages.report_data import OF_ONE_TARGET, draw_targets, find_categories
from runner.reports.records import report_records
from runner.reports.report import CaseRecord, Report
from runner.reports.score_text import population, repetition_lines, sharing_lines
from runner.scores.metrics import METRICS
from runner.scores.score import Score

HEADLINE = ("skill", "rmse", "bias", "kendall", "brier", "log_loss", "auroc", "instance_mae")
MOST_CARDS = 5

CHARTS = ("predicted-against-actual", "residuals", "score-over-budget", "coverage", "reliability")


@dataclass(frozen=True)
class Links:
    """Other places, relative to a report's page; None for those that can't be linked.

    Attributes:
        board: the leaderboard's page.
        files: the directory of the report, with the logs of its cases.
    """

    board: str | None = None
    files: str | None = None


def report_page(report: Report, *, with_actuals: bool, links: Links = Links()) -> str:
    """Return the page's HTML.

    Args:
        with_actuals: show every target with its actual, and messages, which quote the output, and
            link logs. Without them the page holds scores and causes, and can be published while the
            suite is closed.
    """
    records = report_records(report)
    categories = find_categories(report, records, with_actuals=with_actuals)
    data = {
        "metric": {"title": report.scoring.primary_metric.title},
        "better": report.scoring.primary_metric.better,
        "categories": categories,
        **(draw_targets(report, records) if with_actuals else {}),
    }
    scripts = [*TABLE_SCRIPTS, "report.js"]
    charts: Mapping[str, Any] = data.get("charts", {})
    plots = []
    if charts:
        plots, scripts = [chart_script()], ["plots.js", *scripts]
    suite_scores = [
        score for score in report.scores if with_actuals or score.metric not in OF_ONE_TARGET
    ]
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
            "suite_scores": suite_scores,
            "categories": [category["name"] for category in categories],
            "charts": [name for name in CHARTS if name in charts],
            "cases": [_case(case) for case in report.cases],
            "scored_cases": sum(case.outcome == "scored" for case in report.cases),
            "repetitions": repetition_lines(report),
            "sharing": sharing_lines(report),
            "settings": _settings(report.cases),
            "with_actuals": with_actuals,
            "links": links,
            "targets": records.height if with_actuals else 0,
            "points": len(data.get("drawn", ())),
        },
        [*plots, *map(asset, scripts)],
        {"data": data},
    )


def _cards(report: Report) -> list[Score]:
    found = [report.score(name) for name in HEADLINE if name != report.scoring.primary]
    return [score for score in found if score is not None and score.value is not None][:MOST_CARDS]


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
