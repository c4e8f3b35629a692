"""Leaderboards of real suites: all targets and runs alike and independent, and as the runner does.

Predictors run in this process, on every case that leaves one deployment out.
"""

import runpy
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from runner.api.local_scoring import try_predictor
from runner.api.opened_suites import OpenedSuite
from runner.building.build import build_suite
from runner.contract.layout import RUN_NAME
from runner.contract.predictor import Predictor
from runner.reports.records import report_records
from runner.scores.aggregation import replicate_primary
from runner.scores.clusters import Replicates, make_interval
from runner.scores.comparison import compare_all, rank
from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from runner.scores.score import LEVEL
from runner.suites.spec_file import make_spec

IMAGES = Path(__file__).parents[1] / "images"
SHIPPED = ("scenario_mean", "train_mean", "perturbation_linear", "random")
POLICY = ScoringPolicy()
CLEAR_ALONE = 0.5 + LEVEL / 2


def board_table(helm_runs: str, stat: str, scratch: Path) -> str:
    """Return a board's Markdown table: each entry's MAE, interval and ranks, both ways."""
    entries = dict(_entries(helm_runs, stat, scratch))
    before = make_board(
        {name: independent(frame) for name, frame in entries.items()}, jointly=False
    )
    now = make_board(entries, jointly=True)
    counted = next(iter(entries.values()))
    weights = counted["instances"] > 0
    runs, scenarios, models = (counted[c].n_unique() for c in (RUN_NAME, "scenario", "model"))
    holds = (
        f"{counted.height} targets, of which {weights.sum()} are distinct stats; {runs} runs, "
        f"{scenarios} scenarios, {models} models."
    )
    lines = [
        holds,
        "",
        "| entry | MAE before | by runs | ranks by pairs | MAE | crossed | ranks |",
        "|---|---:|---|---|---:|---|---|",
    ]
    lines += [
        f"| {name} | {' | '.join(before[name])} | {' | '.join(now[name])} |"
        for name in sorted(now, key=lambda name: now[name][0])
    ]
    return "\n".join(lines)


def _entries(helm_runs: str, stat: str, scratch: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the records of the shipped predictors, of the sample's own mean, and of mixtures."""
    spec = make_spec(
        {
            "name": scratch.name,
            "version": "1",
            "helm_runs": [helm_runs],
            "targets": [stat],
            "division": {"method": "leave_one_out", "by": "model_deployment"},
            "accept": ["twins", "derivable", "shared"],
        },
        "the benchmark",
    )
    suite = OpenedSuite(build_suite(spec, scratch).suite, ExitStack())
    found = {}
    for name in SHIPPED:
        found[name] = report_records(try_predictor(_predictor(name), suite).report)
        yield name, found[name]
    of_scenario = found["scenario_mean"]
    sample = pl.coalesce("sample_mean", "baseline")
    for name, share in (("sample mean", 1.0), ("half scenario, half sample", 0.5)):
        guess = share * sample + (1 - share) * pl.col("predicted_mean")
        guessed = of_scenario.with_columns(guess.alias("predicted_mean"))
        error = pl.col("predicted_mean") - pl.col("actual_mean")
        yield name, guessed.with_columns(error.alias("error"))


def _predictor(name: str) -> Predictor:
    found = runpy.run_path(str(IMAGES / name / "predictor.py"))
    (own,) = (
        each
        for each in found.values()
        if isinstance(each, type) and issubclass(each, Predictor) and each is not Predictor
    )
    predictor: Predictor = own()
    return predictor


def independent(records: pl.DataFrame) -> pl.DataFrame:
    """Return the records with each target a run of its own, and each run a cluster of its own."""
    targets = pl.Series([f"target {number}" for number in range(records.height)])
    return records.with_columns(
        scenario=pl.col(RUN_NAME), model=pl.lit("any"), instances=pl.lit(1)
    ).with_columns(targets.alias(RUN_NAME))


def make_board(
    entries: Mapping[str, pl.DataFrame], *, jointly: bool
) -> dict[str, tuple[str, str, str]]:
    """Return each entry's MAE, its interval and its range of ranks."""
    replicates = {name: replicate_primary(frame, POLICY) for name, frame in entries.items()}
    found: dict[str, Replicates] = {name: r for name, r in replicates.items() if r is not None}
    table = compare_all(list(found.values()), POLICY)
    if not jointly:
        alone = np.maximum(table.probabilities, table.probabilities.T) > CLEAR_ALONE
        table = replace(table, is_distinct=alone)
    rows = {}
    for (name, each), ranks in zip(found.items(), rank(table), strict=True):
        interval = make_interval(each, METRICS["mae"].bounds)
        ends = "none" if interval.low is None else f"{interval.low:.4f} to {interval.high:.4f}"
        rows[name] = (f"{each.point:.4f}", ends, str(ranks))
    return rows
