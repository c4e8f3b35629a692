from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from runner.pages.card_page import (
    MOST_COLUMNS,
    MOST_HEAD_CHARACTERS,
    CardOnPage,
    CellOnPage,
    FigureOnPage,
    SymbolOnPage,
    card_page,
    make_grid,
)
from runner.untrusted import printable
from tests.pages.browser import LOOKS, opened
from tests.pages.test_report_page import HOSTILE

STATUSES = ("VERIFIED", "FALSIFIED", "INCONCLUSIVE", "no evidence")


def cell(number: int = 0, **swept: str) -> CellOnPage:
    status = STATUSES[number % len(STATUSES)]
    return CellOnPage(f"id{number}", swept, status, f"because {number}", {"x": str(number)})


CELLS = [
    cell(number, model=model, scenario=scenario, threshold="0.1")
    for number, (model, scenario) in enumerate(product(("a", "b", HOSTILE), ("mmlu", "boolq")))
]
CARD = CardOnPage(
    title=HOSTILE,
    description="Of two methods the second is not worse.\n" * 3,
    facts={"version": "1.0", "organizations": '["us"]'},
    claim="for row in rows:\n    assert mae <= other  # " + "long " * 60,
    rule="It holds if at least 0.8 of the cells are verified.",
    verdict="FALSIFIED",
    figures=[
        FigureOnPage("share of verified cells", 0.75, 0.41, 0.93, "over 8 cells"),
        FigureOnPage("MAE", 0.125, None, None, "over 8 cells"),
    ],
    cells=CELLS,
    symbols=[
        SymbolOnPage("rows", "", "reports", "results/mmlu"),
        SymbolOnPage(HOSTILE, "X", "", ""),
    ],
    made_by="runner 0.1.0, runner-card",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "card.html"
    path.write_text(card_page(CARD, "0.1.0"), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_page_opens_without_an_error_or_a_request_and_is_accessible(
    browser: Browser, page: Path, width: int, dark: bool
) -> None:
    with opened(browser, page, width=width, dark=dark) as found:
        assert found.faults() == []


def test_the_verdict_the_claim_and_a_card_per_figure_are_shown(
    browser: Browser, page: Path
) -> None:
    with opened(browser, page) as found:
        assert found.texts(".verdict") == ["The claim is falsified."]
        assert found.texts("#claim + .scroll code") == [f"{CARD.claim}\n"]
        shown = dict(zip(found.texts("#figures dt"), found.texts("#figures dd"), strict=True))
        assert shown["falsified cells"] == "2"
        assert "0.410 to 0.930" in shown["share of verified cells"]
        assert "interval" not in shown["MAE"]


def test_a_names_markup_is_shown_as_text(browser: Browser, page: Path) -> None:
    with opened(browser, page) as found:
        assert found.texts("h1") == [printable(HOSTILE)]
        assert found.page.title() == f"FALSIFIED: {printable(HOSTILE)}"
        assert found.page.locator("img").count() == 0


def test_a_cell_of_the_grid_leads_to_what_it_found(browser: Browser, page: Path) -> None:
    with opened(browser, page) as found:
        rows = found.texts("table.matrix tbody tr")
        assert len(rows) == 3
        assert rows[0].split() == ["a", "verified", "falsified"]
        found.page.click("table.matrix tbody tr:first-child td:last-child a")
        assert found.page.evaluate("location.hash") == "#cell-id1"


def test_one_sweep_is_a_row_of_the_grid() -> None:
    grid = make_grid([cell(n, seed=str(n)) for n in range(3)])
    assert grid is not None
    assert (grid.axis, list(grid.columns), list(grid.names)) == ("seed", ["0", "1", "2"], [])
    assert len(grid.rows) == 1


@pytest.mark.parametrize(
    "values", [[str(n) for n in range(MOST_COLUMNS + 1)], ["a" * MOST_HEAD_CHARACTERS, "b"]]
)
def test_a_sweep_of_many_or_long_values_goes_from_top_to_bottom(values: list[str]) -> None:
    grid = make_grid([cell(n, seed=value) for n, value in enumerate(values)])
    assert grid is not None
    assert (grid.axis, list(grid.names), len(grid.rows)) == ("", ["seed"], len(values))


def test_a_combination_that_is_not_there_leaves_its_place_empty() -> None:
    grid = make_grid([cell(0, a="1", b="1"), cell(1, a="2", b="2")])
    assert grid is not None
    assert [[each is None for each in cells] for _, cells in grid.rows] == [
        [False, True],
        [True, False],
    ]


@pytest.mark.parametrize("cells", [[], [cell()], [cell(), cell(1)], [cell(a="1"), cell(b="1")]])
def test_cells_that_no_sweep_tells_apart_make_no_grid(cells: list[CellOnPage]) -> None:
    assert make_grid(cells) is None


def test_a_page_of_many_cells_says_how_many_it_leaves_out() -> None:
    many = [cell(n, seed=str(n)) for n in range(2_010)]
    html = card_page(replace(CARD, cells=many), "0.1.0")
    assert "The first 2000 of 2010;" in html
