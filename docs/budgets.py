"""Measures the error over the budget on real runs: `python docs/budgets.py RUNS`.

Writes `docs/budgets.svg` and the table in `docs/budgets.md`. RUNS are HELM runs of several models
on the same scenarios; those of the page are MMLU on five deployments of Llama 3, Apache-2.0, from
the public repository villageFlower/test_helm. Four predictors, in this process, 32 replicates.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import vl_convert

import runner
from runner.reports.report import Report

PLOT = Path(__file__).with_suffix(".svg")
PAGE = Path(__file__).with_suffix(".md")
BEGIN, END = "<!-- made by budgets.py -->\n", "<!-- end -->\n"
BUDGETS, REPLICATES, TRAIN_RUNS = (0, 1, 2, 4, 8), 32, 20
COLORS = ("#5b6670", "#c4501b", "#20815a", "#0b6fa8")
PRIOR = 5
"""So many instances count as much as what the train runs say."""

STAT = "per_instance_stats.stats."
SCORE, ITEM = f"{STAT}mean", "per_instance_stats.instance_id"
SCENARIO = "run_spec.scenario_spec."


class TrainMean(runner.Predictor):
    """The mean of the train runs of the scenario, or of all: looks at no revealed instance."""

    def predict(self, *frames: pd.DataFrame) -> dict[str, list[runner.Stat]]:
        """Return one stat per target."""
        predictions: dict[str, list[runner.Stat]] = {}
        for target in self.case.targets:
            stat = target.predicted(self.guess(target, Known(self.case, target, frames)))
            predictions.setdefault(target.run_spec_name, []).append(stat)
        return predictions

    def guess(self, _target: runner.Target, known: "Known") -> float:
        """Return the predicted mean."""
        return known.train_mean


class SampleMean(TrainMean):
    """The mean of the revealed instances, whatever the train runs say."""

    def guess(self, _target: runner.Target, known: "Known") -> float:
        """Return the predicted mean."""
        return float(known.revealed.mean()) if len(known.revealed) else known.train_mean


class Shrunken(TrainMean):
    """Between the two: the more is revealed, the nearer to the revealed instances' mean."""

    def guess(self, _target: runner.Target, known: "Known") -> float:
        """Return the predicted mean."""
        total = float(known.revealed.sum()) + PRIOR * known.train_mean
        return total / (len(known.revealed) + PRIOR)


class Difference(TrainMean):
    """The train mean, and by how much the model differs from others on the same instances.

    The difference is shrunken, too. It is the control variate of AIPW, with others' mean score of
    an instance as the model of it.
    """

    def guess(self, _target: runner.Target, known: "Known") -> float:
        """Return the predicted mean."""
        both = known.revealed.index.intersection(known.others.index)
        differences = known.revealed[both] - known.others[both]
        return known.train_mean + float(differences.sum()) / (len(both) + PRIOR)


PREDICTORS = (TrainMean, SampleMean, Shrunken, Difference)


class Known:
    """What a case tells of one target.

    Attributes:
        train_mean: of the train runs of its scenario, or of all where there are none.
        revealed: the scores of the revealed instances, by their ids.
        others: the mean score of each instance over the train runs of the scenario.
    """

    def __init__(self, case: Any, target: runner.Target, frames: Sequence[pd.DataFrame]) -> None:
        train_specs, _, train_stats, eval_specs, _ = frames
        columns = [
            column
            for column in eval_specs.columns
            if column.startswith(SCENARIO) and column in train_specs.columns
        ]
        evaluated = eval_specs[eval_specs["run_spec.name"] == target.run_spec_name]
        same = (
            train_specs[columns].astype(str).eq(evaluated[columns].astype(str).iloc[0]).all(axis=1)
        )
        alike = set(train_specs["run_spec.name"][same]) or set(train_specs["run_spec.name"])
        stats = _of(train_stats, target, "stats.")
        self.train_mean = float(stats[stats["run_spec.name"].isin(alike)]["stats.mean"].mean())
        shown = case.eval_per_instance_stats_df
        shown = shown if shown is not None and ITEM in shown.columns else None
        scores = pd.Series(dtype=float) if shown is None else _scores(shown, target)
        self.revealed = scores
        others = case.train_per_instance_stats_df
        self.others = _scores(others[others["run_spec.name"].isin(alike)], target)


def _of(stats: pd.DataFrame, target: runner.Target, prefix: str) -> pd.DataFrame:
    """Return the rows of the target's stat and split, of unperturbed instances."""
    chosen = stats[
        (stats[f"{prefix}name.name"] == target.name.name)
        & (stats[f"{prefix}name.split"] == target.name.split)
    ]
    perturbed = f"{prefix}name.perturbation.name"
    return chosen[chosen[perturbed].isna()] if perturbed in chosen.columns else chosen


def _scores(entries: pd.DataFrame, target: runner.Target) -> pd.Series:
    scores: pd.Series = _of(entries, target, STAT).groupby(ITEM)[SCORE].mean()
    return scores


def build(runs: str, folder: Path, replicates: int) -> runner.OpenedSuite:
    """Return the suite that all predictors are evaluated on."""
    division = {"method": "sampled", "train_runs": TRAIN_RUNS, "replicates": replicates}
    return runner.build_suite(
        {
            "name": "budgets",
            "version": "1",
            "helm_runs": [runs],
            "targets": [{"stat": "exact_match", "split": "test", "perturbation": None}],
            "division": division,
            "revealed": {"instances": list(BUDGETS), "scores": True},
            "accept": ["shared", "twins", "derivable"],
        },
        folder / "suite",
    )


def measure(suite: runner.OpenedSuite) -> dict[str, Report]:
    """Return the report of each predictor."""
    return {each.__name__: runner.try_predictor(each(), suite).report for each in PREDICTORS}


def table(reports: Mapping[str, Report]) -> str:
    """Return the errors over the budget, with their intervals, and the area below them."""
    lines = [
        f"| predictor | {' | '.join(map(str, BUDGETS))} | area |",
        f"|---|{'---|' * (len(BUDGETS) + 1)}",
    ]
    for name, report in reports.items():
        cells = [
            f"{score.value:.4f}"
            + ("" if score.low is None else f" ({score.low:.3f} to {score.high:.3f})")
            for score in report.budget_curve("mae")
        ]
        area = report.score("budget_area")
        cells.append("-" if area is None or area.value is None else f"{area.value:.4f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def plot(reports: Mapping[str, Report]) -> str:
    """Return the lines of the table as SVG."""
    values = [
        {"predictor": name, "budget": int(score.group or 0), "mae": score.value}
        for name, report in reports.items()
        for score in report.budget_curve("mae")
    ]
    encoding = {
        "x": {
            "field": "budget",
            "type": "quantitative",
            "title": "revealed instances of the run",
            "scale": {"type": "symlog", "constant": 1},
            "axis": {"values": list(BUDGETS)},
        },
        "y": {"field": "mae", "type": "quantitative", "title": "MAE"},
        "color": {
            "field": "predictor",
            "type": "nominal",
            "title": None,
            "scale": {"domain": list(reports), "range": list(COLORS)},
        },
    }
    chart = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 420,
        "height": 260,
        "background": "white",
        "data": {"values": values},
        "mark": {"type": "line", "point": True},
        "encoding": encoding,
    }
    return str(vl_convert.vegalite_to_svg(chart))


def main(runs: str) -> None:
    """Measure, and write the plot and the table."""
    with tempfile.TemporaryDirectory() as folder, build(runs, Path(folder), REPLICATES) as suite:
        reports = measure(suite)
    PLOT.write_text(plot(reports), encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{table(reports)}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
