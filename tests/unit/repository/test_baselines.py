"""The page on baselines: its tables and its plot have every image, scaled between the controls."""

import math
from types import ModuleType

import pandas as pd
import pytest

from tests.docs_scripts import DOCS, load_script, measured_part


@pytest.fixture(scope="module")
def baselines() -> ModuleType:
    return load_script("baselines")


def board(**values: float) -> pd.DataFrame:
    curve = dict.fromkeys(map(str, (1, 2, 4, 8, 16)), 0.1)
    return pd.DataFrame(
        [
            {"image": image, "rank": "1", "value": value, "by_budget": curve}
            for image, value in values.items()
        ]
    )


def test_scores_are_scaled_between_random_numbers_and_a_perfect_predictor(
    baselines: ModuleType,
) -> None:
    rows = baselines.find_rows(board(aipw=0.1, random=0.4), {"aipw": 2.0, "random": 1.0})
    assert list(rows["image"]) == ["(oracle)", "aipw", "random"]
    assert list(rows["scaled"]) == pytest.approx([1, 0.75, 0])
    assert list(rows["MAE"]) == pytest.approx([0, 0.1, 0.4])
    lines = baselines.table(rows).splitlines()
    assert lines[2] == "| (oracle) |  | 0.000 | 1.000 | 0.000 | 0.000 | 0.000 | 0.000 | 0.000 |  |"
    assert lines[3].endswith(" | 0.100 | 2.0 |")


def test_the_table_of_the_page_has_every_image(baselines: ModuleType) -> None:
    shown = measured_part(DOCS / "baselines.md")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in shown.splitlines()[2:]]
    assert sorted(row[0] for row in rows) == sorted(["(oracle)", *baselines.IMAGES])
    assert all(math.isfinite(float(row[2])) for row in rows)


def test_the_plot_has_every_image_but_the_controls(baselines: ModuleType) -> None:
    plot = (DOCS / "baselines.svg").read_text()
    assert [name for name in baselines.IMAGES if name not in plot] == [baselines.CONTROL]
