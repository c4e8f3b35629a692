"""Measures the error over the budget on real runs: `python docs/budgets.py RUNS`.

Writes `docs/budgets.svg` and the table in `docs/budgets.md`. RUNS are HELM runs of several models
on the same scenarios; those of the page are MMLU on five deployments of Llama 3, Apache-2.0, from
the public repository villageFlower/test_helm. The baselines of `images/`, in this process.
"""

import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import vl_convert
from baselines import CONTROL, IMAGES
from measured import write_measured_part

import runner
from runner.contract.__main__ import load_predictor
from runner.reports.report import Report

PLOT = Path(__file__).with_suffix(".svg")
PAGE = Path(__file__).with_suffix(".md")
BUDGETS, REPLICATES, TRAIN_RUNS = (0, 1, 2, 4, 8), 32, 20
JOBS = 2
GALLERY = Path(__file__).parents[1] / "images"
METHODS = tuple(image for image in IMAGES if image != CONTROL)


def build(runs: str, folder: Path, replicates: int) -> Path:
    """Build the suite that all predictors are evaluated on, and return its directory."""
    division = {"method": "sampled", "train_runs": TRAIN_RUNS, "replicates": replicates}
    suite = folder / "suite"
    runner.build_suite(
        {
            "name": "budgets",
            "version": "1",
            "helm_runs": [runs],
            "targets": [{"stat": "exact_match", "split": "test", "perturbation": None}],
            "division": division,
            "revealed": {"instances": list(BUDGETS), "scores": True},
            "accept": ["shared", "twins", "derivable"],
        },
        suite,
    )
    return suite


def measure(suite: Path, map_all: Callable[..., Iterable[Report]] = map) -> dict[str, Report]:
    """Return the report of each baseline.

    Args:
        map_all: does what ``map`` does, e.g. in several processes.
    """
    return dict(zip(METHODS, map_all(partial(run, suite), METHODS), strict=True))


def run(suite: Path, name: str) -> Report:
    """Return the report of one baseline, made in this process."""
    sys.path.insert(0, str(GALLERY / "items"))  # what the gallery's images share
    predictor = load_predictor(str(GALLERY / name / "predictor.py"))
    return runner.try_predictor(predictor, suite).report


def table(reports: Mapping[str, Report]) -> str:
    """Return the errors over the budget, with their intervals, and the area below them."""
    lines = [
        f"| baseline | {' | '.join(map(str, BUDGETS))} | area |",
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
        {"baseline": name, "budget": int(score.group or 0), "mae": score.value}
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
            "field": "baseline",
            "type": "nominal",
            "title": None,
            "sort": list(reports),
            "scale": {"scheme": "tableau20"},
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
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(JOBS, spawn) as processes:
        reports = measure(build(runs, Path(folder), REPLICATES), processes.map)
    PLOT.write_text(plot(reports), encoding="utf-8")
    write_measured_part(PAGE, table(reports))


if __name__ == "__main__":
    main(sys.argv[1])
