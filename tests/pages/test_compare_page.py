from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from runner.cli.main import cli
from runner.leaderboard.paired import PairedEvaluations, Side, pair_evaluations
from runner.pages.compare_page import compare_page
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.pages.browser import LOOKS, opened
from tests.pages.conftest import wavering
from tests.pages.test_report_page import HOSTILE

VERDICT = "better is clearly better than worse: MAE lower by 0.4900."


@pytest.fixture(scope="module")
def paired(suite: Suite) -> PairedEvaluations:
    """Return an evaluation with a hostile name beside a better one and a worse one."""
    predictors = {HOSTILE: wavering, "better": off_by(0.01), "worse": off_by(0.5)}
    return pair_evaluations(
        [
            Side.of(Path(name), evaluate_function(suite, predict, name).report)
            for name, predict in predictors.items()
        ]
    )


@pytest.fixture(scope="module")
def page(paired: PairedEvaluations, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "compare.html"
    path.write_text(compare_page(paired, with_actuals=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_page_opens_without_an_error_or_a_request_and_is_accessible(
    browser: Browser, page: Path, width: int, dark: bool
) -> None:
    with opened(browser, page, width=width, dark=dark) as found:
        found.page.wait_for_selector("#errors canvas")
        assert found.faults() == []


def test_a_pair_is_chosen_and_the_verdict_turns_with_it(browser: Browser, page: Path) -> None:
    with opened(browser, page) as found:
        found.page.select_option("#first", label="better")
        found.page.select_option("#second", label="worse")
        assert found.texts(".verdict") == [VERDICT]
        assert "-0.4900" in " ".join(found.texts("#verdict dd"))
        found.page.click("#swap")
        assert found.texts(".verdict") == [VERDICT]
        assert "0.4900" in found.texts("#verdict dd")
        assert found.page.evaluate("window.location.hash") == "#first=2&second=1"
        found.page.select_option("#first", label="better")
        assert "not the same" in found.texts("#verdict")[0]
        assert found.errors == []


def test_the_address_says_which_pair_is_shown(browser: Browser, page: Path) -> None:
    with opened(browser, page) as found:
        found.page.goto(f"{page.as_uri()}#first=2&second=0")
        found.page.reload()
        assert found.page.locator("#first").input_value() == "2"
        assert found.page.locator("#targets tbody tr").count() == 8
        assert found.errors == []


def test_a_hostile_name_shows_as_text(browser: Browser, page: Path) -> None:
    with opened(browser, page) as found:
        assert found.texts("#first option")[0].startswith("<img src=x onerror=")
        assert found.page.locator("img").count() == 0
        assert "owned" not in found.page.title()


def test_without_actuals_the_page_has_no_target_and_no_group_of_few(
    paired: PairedEvaluations,
) -> None:
    closed, whole = (compare_page(paired, with_actuals=each) for each in (False, True))
    for text in ('"actual":', '"error.0":', "Scenario("):  # groups of one target
        assert text in whole  # the control
        assert text not in closed


def test_a_number_of_the_boards_pairs_leads_to_their_comparison(
    browser: Browser, suite: Suite, tmp_path: Path
) -> None:
    for name, predict in {"a": wavering, "b": off_by(0.01), "c": off_by(0.5)}.items():
        write_evaluation(evaluate_function(suite, predict, name), tmp_path / "r" / name)
    command = ["leaderboard", str(tmp_path / "r"), "--html", "-o", str(tmp_path / "site")]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    with opened(browser, tmp_path / "site" / "index.html") as found:
        found.page.locator(".matrix tbody tr").nth(1).locator("a").nth(1).click()
        found.page.wait_for_selector(".verdict")
        assert found.texts(".verdict")[0].startswith("a ")  # the second of the board
        assert "c" in found.texts(".verdict")[0]  # and its third
        found.page.get_by_role("link", name="Leaderboard").click()
        assert found.texts("h1")[0].startswith("Leaderboard")
        assert '"actual":' not in (tmp_path / "site" / "compare.html").read_text()
