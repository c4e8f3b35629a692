import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from runner.cli.main import cli
from runner.leaderboard.kept_contenders import read_contenders
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.suite_choice import ChosenReports
from runner.pages import leaderboard_page as pages
from runner.pages.leaderboard_page import INDEX, leaderboard_page
from runner.pages.report_page import Links, report_page
from runner.reports.report import Report
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by, oracle
from tests.helm_builder import write_suite
from tests.pages.browser import TIMED_CLICK, WIDTHS, opened
from tests.pages.conftest import wavering
from tests.pages.test_report_page import MOST_MILLISECONDS
from tests.suite_builder import build

RUNNER = Path(sys.executable).with_name("runner")
MANY = 1_000
DASH = "\u2013"
HOSTILE = """<img src=x onerror="document.title='owned'"></script>"""
"""A name that a submitter may have."""

SUBMITTERS = f"""
show: best
submitters:
  "{HOSTILE.encode("unicode_escape").decode().replace('"', chr(92) + '"')}": [even, wavering]
"""


@pytest.fixture(scope="module")
def results(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the reports of an oracle, two of one hostile submitter, and one that failed."""
    root = tmp_path_factory.mktemp("results")
    for name, predict, exit_code in (
        ("oracle", oracle, 0),
        ("even", off_by(0.2), 0),
        ("wavering", wavering, 0),
        ("broken", oracle, 1),
    ):
        write_evaluation(evaluate_function(suite, predict, name, exit_code), root / name)
    (root / "submitters.yaml").write_text(SUBMITTERS)
    return root


@pytest.fixture(scope="module")
def site(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = ["leaderboard", str(results), "--html", "-o", str(folder)]
    command += ["--submitters", str(results / "submitters.yaml")]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    return folder


def test_a_report_whose_page_meets_a_bug_takes_no_other_page_down(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def fail_for_one(report: Report, *, with_actuals: bool, links: Links) -> str:
        if report.image.reference == "even":
            raise ZeroDivisionError
        return report_page(report, with_actuals=with_actuals, links=links)

    command = ["leaderboard", str(results), "--html", "-o", str(tmp_path / "site")]
    with monkeypatch.context() as patched:
        patched.setattr(pages, "report_page", fail_for_one)
        shown = CliRunner().invoke(cli, command, standalone_mode=False)
    index = (tmp_path / "site" / INDEX).read_text()
    assert shown.return_value == 1
    assert f"{results}/even: no page: a bug of the runner (ZeroDivisionError" in shown.stderr
    assert len(list((tmp_path / "site" / "reports").iterdir())) == 3
    assert index.count('href="reports/') == 3
    again = CliRunner().invoke(cli, command, standalone_mode=False)  # control: without the bug
    assert (again.return_value, again.stderr) == (0, "")
    assert len(list((tmp_path / "site" / "reports").iterdir())) == 4


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS.values())
def test_the_page_opens_without_an_error_or_a_request_and_is_accessible(
    browser: Browser, site: Path, width: int, dark: bool
) -> None:
    with opened(browser, site / INDEX, width=width, dark=dark) as found:
        assert found.errors == []
        assert found.requests == []
        assert found.accessibility_faults() == []
        assert not found.scrolls_sideways()


def test_a_hostile_submitter_shows_as_text_and_every_row_links_to_its_report(
    browser: Browser, site: Path
) -> None:
    with opened(browser, site / INDEX) as found:
        names = found.texts("#board tbody th")
        assert any(HOSTILE in name for name in names)
        assert found.page.title().startswith("Leaderboard of")
        assert found.page.locator("img").count() == 0
        links = found.page.locator("#board tbody a").all()
        assert len(links) == len(names) == 3  # the best of the hostile one's two
        links[0].click()
        found.page.wait_for_selector("h1")
        assert "oracle" in found.texts("h1")[0]
        assert found.errors == []


def test_the_reports_of_a_leaderboard_hold_no_actual_unless_asked(
    site: Path, results: Path, tmp_path: Path
) -> None:
    holding = [page.name for page in site.rglob("*.html") if '"actual":' in page.read_text()]
    assert holding == []
    command = ["leaderboard", str(results), "--html", "--with-actuals", "-o", str(tmp_path)]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    assert any('"actual":' in page.read_text() for page in tmp_path.rglob("*.html"))


def test_entries_are_sorted_and_filtered(browser: Browser, site: Path) -> None:
    with opened(browser, site / INDEX) as found:
        values = "#board tbody tr:not([hidden]) td:nth-child(3)"
        found.page.get_by_role("button", name="MAE").click()
        ascending = [float(text) for text in found.texts(values) if text != DASH]
        assert ascending == sorted(ascending)
        found.page.get_by_role("button", name="MAE").click()
        shown = found.texts(values)
        assert [float(text) for text in shown if text != DASH] == ascending[::-1]
        assert shown[-1] == DASH  # what has no score stays last
        found.page.get_by_role("searchbox").fill("oracle")
        assert len(found.texts(values)) == 1
        assert found.texts("#shown") == ["1 of 3 shown"]


def test_both_evaluations_of_a_submitter_are_in_its_history(browser: Browser, site: Path) -> None:
    with opened(browser, site / INDEX) as found:
        found.page.locator("summary").click()
        assert found.page.locator("details tbody tr").count() == 2


def test_a_thousand_entries_open_and_sort_without_delay(
    browser: Browser, results: Path, tmp_path: Path
) -> None:
    reports = read_contenders(results).reports
    board = make_leaderboard(ChosenReports(reports), None)
    first = board.entries[0]
    entries = tuple(replace(first, submitter=f"team {number}") for number in range(MANY))
    links = dict.fromkeys(reports, "reports/1.html")
    path = tmp_path / "large.html"
    large = replace(board, entries=entries, probabilities=((0.5,) * MANY,) * MANY)
    path.write_text(leaderboard_page(large, links, "0"), encoding="utf-8")
    with opened(browser, path) as found:
        button = found.page.get_by_role("button", name="submitter")
        sorted_after = button.evaluate(TIMED_CLICK)
        assert found.texts("#shown") == [f"{MANY} of {MANY} shown"]
        names = [text.partition("\n")[0] for text in found.texts("#board tbody th")]
        assert names == sorted(f"team {number}" for number in range(MANY))
        assert sorted_after < MOST_MILLISECONDS


def test_watch_writes_the_page_again_when_a_report_comes(suite: Suite, tmp_path: Path) -> None:
    write_evaluation(evaluate_function(suite, oracle, "first"), tmp_path / "results" / "first")
    command = [str(RUNNER), "leaderboard", str(tmp_path / "results"), "--watch"]
    page = tmp_path / "results" / "site" / INDEX
    with subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL) as process:
        wait_for(page, "first")
        assert "second" not in page.read_text()
        write_evaluation(
            evaluate_function(suite, wavering, "second"), tmp_path / "results" / "second"
        )
        wait_for(page, "second")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130


def wait_for(page: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while not (page.is_file() and text in page.read_text()):
        assert time.monotonic() < deadline, f"{page} never had {text}"
        time.sleep(0.1)


def test_the_leaderboards_page_has_each_entrys_score_at_each_budget(
    browser: Browser, tmp_path: Path
) -> None:
    source = write_suite(tmp_path, runs=8)
    division = {"method": "leave_one_out", "by": "run"}
    budgets = {"instances": [1, 2]}
    suite = build(source, tmp_path / "suite", division=division, revealed=budgets)
    for name, error in (("good", 0.1), ("bad", 0.25)):
        write_evaluation(evaluate_function(suite, off_by(error), name), tmp_path / "r" / name)
    command = ["leaderboard", str(tmp_path / "r"), "--html", "-o", str(tmp_path / "site")]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    with opened(browser, tmp_path / "site" / "index.html") as found:
        cells = found.texts("h2#budgets + p + .scroll td")
        assert "0.1000" in " ".join(cells)
        assert "0.2500" in " ".join(cells)
        assert found.errors == []
        assert found.accessibility_faults() == []
