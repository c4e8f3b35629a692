"""What researchers ask of the pages, and the clicks to each answer: docs/pages.md has the table."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from runner.cli.main import cli
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, oracle
from tests.pages.browser import WIDTHS, OpenPage, opened
from tests.pages.conftest import wavering

MOST_CLICKS = 2
LOW = 500
"""Pixels of a low window, in which little stands by chance."""

BOARD, REPORT = "site/index.html", "results/unsure.html"
DOCS = Path(__file__).parents[2] / "docs" / "pages.md"


@dataclass(frozen=True)
class Question:
    """The page it is asked of, what is clicked or chosen, and where the answer then stands."""

    page: str
    clicks: tuple[str, ...]
    answer: str
    says: str


QUESTIONS = {
    "Which scenario is predicted worst?": Question(
        REPORT, ("nav.toc >> text=By category",), "#by-scenario summary .note", "worst Scenario"
    ),
    "Which targets make up a scenario's error?": Question(
        REPORT,
        ("nav.toc >> text=By category", "#by-scenario tbody a >> nth=0"),
        "#shown",
        "1 of 8",
    ),
    "Are the predicted intervals right?": Question(
        REPORT, ("nav.toc >> text=Calibration",), "#coverage canvas", ""
    ),
    "Did a case come near a limit?": Question(
        REPORT, ("nav.toc >> text=Cases",), "#cases tbody tr >> nth=0", "MiB"
    ),
    "Which image and suite was it, by digest?": Question(
        REPORT, ("nav.toc >> text=Provenance",), "#provenance dl", "suite digest"
    ),
    "Who is better on one scenario?": Question(
        BOARD, ("#scenario",), "#board caption", ", of Scenario("
    ),
    "Is one entry clearly better than the next?": Question(
        BOARD, ("#board tbody a >> nth=0",), ".verdict", "oracle"
    ),
    "Why is an entry not ranked?": Question(
        BOARD, ("nav.toc >> text=Not ranked",), "#unranked li", "8 of 8 cases not scored"
    ),
    "What changed since last week?": Question(
        BOARD, ("nav.toc >> text=History",), "#history thead", "change"
    ),
    "Which licence and limits has the suite?": Question(
        BOARD, ("details.suite summary",), "details.suite dl", "wall_seconds"
    ),
}


def unsure(target: Target | InstanceTarget, actual: Stat) -> Stat:
    return replace(wavering(target, actual), stddev=0.1)


@pytest.fixture(scope="module")
def pages(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a leaderboard's pages and of an organizer's page of a report."""
    root = tmp_path_factory.mktemp("pages")
    results = root / "results"
    for name, predict, exit_code in (
        ("oracle", oracle, 0),
        ("unsure", unsure, 0),
        ("bad", oracle, 1),
    ):
        write_evaluation(evaluate_function(suite, predict, name, exit_code), results / name)
    site = ["leaderboard", str(results), "--html", "--with-actuals", "-o", str(root / "site")]
    for command in (site, ["report", str(results / "unsure"), "--html"]):
        CliRunner().invoke(cli, command, catch_exceptions=False)
    return root


def is_answered(found: OpenPage, question: Question) -> bool:
    """Return whether the answer stands in the window."""
    place = found.page.locator(question.answer).first
    if not place.count() or question.says not in place.inner_text():
        return False
    in_sight = """at => {
        const { top, bottom } = at.getBoundingClientRect();
        return bottom > 0 && top < innerHeight && bottom > top;
    }"""
    return bool(place.evaluate(in_sight))


@pytest.mark.parametrize("asked", QUESTIONS)
def test_a_question_is_answered_within_two_clicks(
    browser: Browser, pages: Path, asked: str
) -> None:
    """The control of each: before the clicks the answer is not in sight."""
    question = QUESTIONS[asked]
    assert len(question.clicks) <= MOST_CLICKS
    with opened(browser, pages / question.page) as found:
        found.page.set_viewport_size({"width": WIDTHS["desktop"], "height": LOW})
        assert not is_answered(found, question)
        for click in question.clicks:
            place = found.page.locator(click).first
            if place.evaluate("at => at.tagName") == "SELECT":
                place.select_option(index=1)
            else:
                place.click()
        found.page.wait_for_timeout(500)  # it scrolls, or opens another page
        assert is_answered(found, question)
        assert found.errors == []


def test_the_documents_table_has_these_questions_and_their_clicks() -> None:
    rows = re.findall(
        r"^\| (.+\?) \| (report|leaderboard) \| .+ \| (\d) \|$", DOCS.read_text(), re.MULTILINE
    )
    page = {BOARD: "leaderboard", REPORT: "report"}
    assert rows == [
        (asked, page[question.page], str(len(question.clicks)))
        for asked, question in QUESTIONS.items()
    ]


@pytest.mark.parametrize("page", [BOARD, REPORT, "site/compare.html"])
def test_a_table_that_goes_on_beyond_a_phones_edge_says_so(
    browser: Browser, pages: Path, page: str
) -> None:
    hidden = """() => [...document.querySelectorAll(".scroll")].filter(at =>
        at.checkVisibility() && at.scrollWidth > at.clientWidth
        && !at.previousElementSibling?.classList.contains("shown")).length"""
    with opened(browser, pages / page, width=WIDTHS["phone"]) as found:
        assert found.page.locator(".cue.shown").count() > 0
        assert found.page.evaluate(hidden) == 0
        found.page.evaluate("document.querySelector('.cue.shown').remove()")
        assert found.page.evaluate(hidden) == 1  # the control
