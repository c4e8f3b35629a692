"""The page of two or more evaluations side by side; its script shows any pair of them."""

from typing import Any

import polars as pl

from runner.code_version import own_version
from runner.leaderboard.paired import PairedDifference, PairedEvaluations
from runner.pages.charts import chart_script, draw_errors
from runner.pages.packing import pack, short
from runner.pages.page import TABLE_SCRIPTS, asset, render_page
from runner.pages.report_data import FEWEST_TARGETS, MOST_POINTS, stat_text
from runner.scores.score import LEVEL
from runner.untrusted import printable

MOST_TARGETS = 500
"""For each pair the page has those targets in which it differs most, and a sample for the plot."""


def compare_page(paired: PairedEvaluations, board: str | None = None, *, with_actuals: bool) -> str:
    """Return the page's HTML.

    Args:
        board: the leaderboard's page, relative to this one, if there is one.
        with_actuals: show targets with their actuals, and groups of few targets. Without, the page
            can be published while the suite is closed.
    """
    shown = [
        each
        for each in paired.differences
        # Over the suite it follows from the scores, which are published anyway.
        if with_actuals or each.category is None or each.targets >= FEWEST_TARGETS
    ]
    data: dict[str, Any] = {
        "names": [printable(name) for name in paired.names],
        "metric": {"title": paired.metric.title, "better": paired.metric.better},
        "level": round(100 * LEVEL),
        "differences": pack([_difference_row(each) for each in shown]),
    }
    scripts = [*TABLE_SCRIPTS, "compare.js"]
    charts = []
    rows = _target_rows(paired) if with_actuals else []
    if rows:
        data["targets"] = pack(rows)
        data["chart"] = draw_errors()
        charts = [chart_script()]
        scripts = ["plots.js", *scripts]
    return render_page(
        "compare.html.j2",
        {
            "paired": paired,
            "level": round(100 * LEVEL),
            "board": board,
            "runner_version": own_version(),
            "with_actuals": with_actuals,
            "fewest": FEWEST_TARGETS,
            "plotted": len(rows),
            "targets": paired.targets.height,
        },
        [*charts, *map(asset, scripts)],
        {"data": data},
    )


def _difference_row(paired: PairedDifference) -> dict[str, Any]:
    found = paired.difference
    return {
        **{name: getattr(paired, name) for name in ("category", "group", "first", "second")},
        "first_value": short(paired.first_value),
        "second_value": short(paired.second_value),
        "value": short(found.value),
        "low": short(found.low),
        "high": short(found.high),
        "probability": short(found.probability_better),
        "note": found.note,
        "targets": paired.targets,
    }


def _target_rows(paired: PairedEvaluations) -> list[dict[str, Any]]:
    """Return the targets that the page has: those that differ most in any pair, then a sample."""
    numbered = paired.targets.with_row_index("row")
    errors = [f"error.{number}" for number in range(len(paired.names))]
    sizes = [pl.col(name).abs() for name in errors]
    spread = pl.max_horizontal(sizes) - pl.min_horizontal(sizes)
    ordered = numbered.sort(spread, descending=True, nulls_last=True)
    rest = ordered[MOST_TARGETS:]
    drawn = rest.sample(min(rest.height, MOST_POINTS - MOST_TARGETS), seed=0)
    chosen = pl.concat([ordered[:MOST_TARGETS], drawn]).sort("row")
    return [
        {
            "run": row["run_spec.name"],
            "stat": stat_text(row),
            "instance": row["instance_id"],
            "scenario": row["scenario"],
            "actual": row["actual_mean"],
            **{name: row[name] for name in errors},
        }
        for row in chosen.iter_rows(named=True)
    ]
