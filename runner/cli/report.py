"""``runner report``."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import polars as pl

from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.cli.options import refuse_several
from runner.errors import ExitCode, UsageError
from runner.files.stores import is_remote
from runner.pages.charts import write_plots
from runner.pages.page import write_page
from runner.pages.report_data import target_rows
from runner.pages.report_page import Links, report_page
from runner.reports.helm_export import write_helm_runs
from runner.reports.own_metrics import measure, read_own_metrics
from runner.reports.records import report_records
from runner.reports.report import Report, read_report
from runner.reports.score_text import (
    budget_lines,
    group_table,
    repetition_lines,
    sharing_lines,
    suite_table,
    sum_text,
)
from runner.scores.aggregation import CATEGORIES, score_targets
from runner.scores.deltas import mean_deltas
from runner.scores.score import Score
from runner.submissions.told import refuse_while_open
from runner.text_tables import text_table
from runner.untrusted import printable


def report(
    directory: Path,
    columns: tuple[str, ...],
    intervals: bool,
    helm_directory: Path | None,
    html: bool,
    output: Path | None,
    plots_directory: Path | None,
    metrics: tuple[str, ...],
    as_json: bool,
) -> int:
    """Print all scores of one evaluation, or write its page, plots or HELM runs."""
    refuse_several(json=as_json, html=html or output is not None, plots=plots_directory)
    refuse_while_open([directory])
    own_metrics = read_own_metrics(metrics)
    found = read_report(directory)
    if helm_directory is not None:
        written = write_helm_runs(found, helm_directory)
        echo(f"{len(written)} HELM run directories written to {helm_directory}", err=True)
    if html or output is not None:
        _write_page(found, directory, output or _page_place(directory))
        return 0
    records = report_records(found)
    if plots_directory is not None:
        _write_plots(found, records, plots_directory)
        return 0
    by = (None, *(columns or CATEGORIES))
    with open_display().task("computing scores and intervals"):
        scores = score_targets(records, by, policy=found.scoring, intervals=intervals)
    deltas = mean_deltas(records)
    own = [measure(found, each) for each in own_metrics]
    if as_json:
        content = {
            "scores": [asdict(score) for score in scores],
            "budget_scores": [asdict(score) for score in found.budget_scores],
            "mean_deltas": deltas.to_dicts(),
            "own_metrics": [asdict(each) for each in own],
        }
        echo_json(content)
    else:
        _print_tables(found, scores, deltas)
        for each in own:
            echo(f"{each}")
    return ExitCode.USAGE if any(each.value is None for each in own) else ExitCode.SCORED


def _page_place(directory: Path) -> Path:
    """Return the path of a report's page: beside it, or in this directory if it is at a URL."""
    name = f"{directory.name}.html"
    return Path(name) if is_remote(directory) else directory.with_name(name)


def _write_page(found: Report, directory: Path, path: Path) -> None:
    files = None
    if not is_remote(directory):
        files = quote(os.path.relpath(directory, path.parent))
    html = report_page(found, with_actuals=True, links=Links(files=files))
    write_page(path, html, is_private=True)
    echo(f"page: {path}")


def _write_plots(report: Report, records: pl.DataFrame, directory: Path) -> None:
    rows = [row for row in target_rows(records) if row["predicted"] is not None]
    if not rows:
        raise UsageError("no target has a prediction, so there is nothing to plot.")
    curve = report.budget_curve(report.scoring.primary)
    for path in write_plots(rows, curve, directory):
        echo(f"plot: {path}")


def _print_tables(report: Report, scores: Sequence[Score], deltas: pl.DataFrame) -> None:
    echo(f"{report.image.reference} on {report.suite.name} {report.suite.version}")
    if report.rescored_from is not None:
        suite, created = report.rescored_from.suite, report.rescored_from.created
        echo(f"  scored again: its predictions are of {created}, on version {suite.version}")
    for case in report.cases:
        cause = "" if case.cause is None else f" ({case.cause})"
        echo(f"  {case.id}: {case.outcome}{cause}")
    for line in (*repetition_lines(report), *sharing_lines(report)):
        echo(f"  {line}")
    echo(f"  {printable(sum_text(report))}")
    for line in suite_table([score for score in scores if score.category is None]):
        echo(line)
    curve = budget_lines(report)
    for line in ["", *curve] if curve else []:
        echo(line)
    for category in dict.fromkeys(score.category for score in scores if score.category):
        echo()
        for line in group_table([score for score in scores if score.category == category]):
            echo(line)
    if len(deltas):
        echo("\nmean delta, perturbed less original, of one run")
        heads = [deltas.columns]
        for line in text_table([*heads, *(map(_cell, row) for row in deltas.iter_rows())]):
            echo(line)


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
