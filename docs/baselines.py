"""Evaluates the gallery: `python docs/baselines.py HELM_RUNS FOLDER`, e.g. of HELM's MMLU.

Builds a suite of the runs in the folder, evaluates every baseline on it, and writes
`docs/baselines.svg` and the table in `docs/baselines.md`. Interrupted, the same command goes on.
"""

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from measured import write_measured_part

import runner

PLOT = Path(__file__).with_suffix(".svg")
PAGE = Path(__file__).with_suffix(".md")
IMAGES = (
    "random",
    "train_mean",
    "scenario_mean",
    "scaling",
    "sample_mean",
    "shrunk_mean",
    "ridge",
    "anchor_points",
    "nearest_models",
    "low_rank",
    "aipw",
    "p_irt",
    "gp_irt",
)
CONTROL = "random"
BUDGETS = (1, 2, 4, 8, 16)


def make_spec(helm_runs: str, replicates: int) -> dict[str, object]:
    """Return the suite's spec: each deployment is predicted from the others."""
    return {
        "name": "gallery",
        "version": "1",
        "helm_runs": [str(Path(helm_runs).resolve())],
        "targets": [{"stat": "exact_match", "perturbation": None}],
        "division": {"method": "leave_one_out", "by": "model_deployment", "replicates": replicates},
        "revealed": {"instances": list(BUDGETS), "scores": True},
    }


def find_rows(board: pd.DataFrame, seconds: Mapping[str, float]) -> pd.DataFrame:
    """Return a row per baseline, the best first, and before them the row of a perfect one.

    ``scaled`` is 1 for a perfect predictor and 0 for random numbers (OpenProblems' way).
    """
    of_random = float(board.loc[board["image"] == CONTROL, "value"].iloc[0])
    rows = [
        {
            "image": row["image"],
            "rank": row["rank"],
            "MAE": row["value"],
            "scaled": 1 - row["value"] / of_random,
            **{str(budget): row["by_budget"][str(budget)] for budget in BUDGETS},
            "seconds": seconds[row["image"]],
        }
        for row in board.to_dict("records")
    ]
    perfect = {"image": "(oracle)", "rank": "", "MAE": 0.0, "scaled": 1.0}
    perfect |= dict.fromkeys(map(str, BUDGETS), 0.0)
    return pd.DataFrame([perfect, *rows], columns=list(rows[0]))


def table(rows: pd.DataFrame) -> str:
    """Return the table in Markdown."""
    heads = [
        "image",
        "rank",
        "MAE",
        "scaled",
        *(f"at {budget}" for budget in BUDGETS),
        "CPU s a case",
    ]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for image, rank, *figures, seconds in rows.itertuples(index=False):
        cells = [image, rank, *(f"{figure:.3f}" for figure in figures)]
        cells.append("" if pd.isna(seconds) else f"{seconds:.1f}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def draw(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the plot, as Vega-Lite: each baseline's error over the budget."""
    shown = rows[~rows["image"].isin(["(oracle)", CONTROL])]
    values = [
        {"baseline": row["image"], "revealed": budget, "MAE": row[str(budget)]}
        for row in shown.to_dict("records")
        for budget in BUDGETS
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 520,
        "height": 340,
        "background": "white",
        "data": {"values": values},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {
                "field": "revealed",
                "type": "quantitative",
                "scale": {"type": "log", "base": 2},
                "title": "revealed instances of each run",
                "axis": {"values": list(BUDGETS)},
            },
            "y": {"field": "MAE", "type": "quantitative", "title": "mean absolute error"},
            "color": {
                "field": "baseline",
                "type": "nominal",
                "sort": list(shown["image"]),
                "scale": {"scheme": "tableau20"},
            },
        },
    }


def measure(
    helm_runs: str, folder: Path, replicates: int, images: Sequence[str] = IMAGES, jobs: int = 2
) -> pd.DataFrame:
    """Build the suite, evaluate the images, and return the rows of the table."""
    suite = folder / "suite"
    if not suite.exists():  # an earlier command may have built it
        runner.build_suite(make_spec(helm_runs, replicates), suite)
    executor = runner.Local(jobs=jobs)
    reports = runner.evaluate(images, suite, out=folder / "reports", executor=executor)
    seconds = {report.image: mean_seconds(report) for report in reports}
    return find_rows(runner.rank_reports(reports).frame, seconds)


def mean_seconds(report: runner.OpenedReport) -> float:
    """Return the mean of the CPU seconds that a case took; NaN where the engine has none."""
    used = [case.resources.cpu_seconds for case in report.cases]
    return sum(math.nan if each is None else each for each in used) / len(used)


def main() -> None:
    """Draw the plot into the docs, and write the table."""
    import vl_convert  # noqa: PLC0415  (an extra, and slow)

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("helm_runs")
    parser.add_argument("folder", type=Path, help="where the suite and the reports go")
    parser.add_argument("--replicates", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    rows = measure(asked.helm_runs, asked.folder, asked.replicates, jobs=asked.jobs)
    svg: str = vl_convert.vegalite_to_svg(draw(rows))
    PLOT.write_text(svg + "\n")
    write_measured_part(PAGE, table(rows))


if __name__ == "__main__":
    main()
