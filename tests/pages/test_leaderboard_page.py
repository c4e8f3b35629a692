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
from runner.leaderboard.contenders import ChosenReports
from runner.leaderboard.kept_contenders import read_contenders
from runner.leaderboard.ranking import make_leaderboard
from runner.pages import leaderboard_page as pages
from runner.pages.leaderboard_page import INDEX, Surroundings, leaderboard_page
from runner.pages.report_page import Links, report_page
from runner.reports.fact_sheet import FactSheet
from runner.reports.report import Report
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by, oracle
from tests.helm_builder import write_suite
from tests.pages.browser import LOOKS, opened
from tests.pages.conftest import wavering
from tests.pages.test_report_page import MOST_MILLISECONDS
from tests.suite_builder import build_unaudited

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


FACTS = FactSheet(title=HOSTILE, paper="https://example.org/paper")


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
        one = evaluate_function(suite, predict, name, exit_code)
        facts = FACTS if name == "oracle" else None
        image = one.report.image.model_copy(update={"facts": facts})
        report = one.report.model_copy(update={"image": image})
        write_evaluation(replace(one, report=report), root / name)
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
    assert index.count("reports/") == 3
    again = CliRunner().invoke(cli, command, standalone_mode=False)  # control: without the bug
    assert (again.return_value, again.stderr) == (0, "")
    assert len(list((tmp_path / "site" / "reports").iterdir())) == 4


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_page_opens_without_an_error_or_a_request_and_is_accessible(
    browser: Browser, site: Path, width: int, dark: bool
) -> None:
    with opened(browser, site / INDEX, width=width, dark=dark) as found:
        assert found.faults() == []


def test_control_an_axis_that_is_narrower_than_its_bars_is_found(
    browser: Browser, site: Path
) -> None:
    with opened(browser, site / INDEX) as found:
        assert found.axis_faults() == []
        found.page.eval_on_selector(
            "#board th.wide .dt-column-order", "each => { each.style.display = 'block'; }"
        )
        assert found.axis_faults() != []


def test_a_hostile_submitter_shows_as_text_and_every_row_links_to_its_report(
    browser: Browser, site: Path
) -> None:
    with opened(browser, site / INDEX) as found:
        names = found.texts("#board tbody th")
        assert any(HOSTILE in name for name in names)
        (unranked,) = found.texts("#unranked li")
        assert unranked.startswith("broken: 8 of 8 cases not scored (failed) report")
        assert found.page.title().startswith("Leaderboard of")
        assert found.page.locator("img").count() == 0
        links = found.page.locator("#board tbody a").all()
        assert len(links) == 4  # one of them leads to a comparison, one to a paper
        assert len(names) == 2  # the best of the hostile one's two
        found.page.get_by_role("link", name="report of oracle").click()
        found.page.wait_for_selector("h1")
        assert "oracle" in found.texts("h1")[0]
        assert found.errors == []


def test_an_entrys_fact_sheet_is_shown_as_text_with_its_paper(browser: Browser, site: Path) -> None:
    with opened(browser, site / INDEX) as found:
        (entry,) = (text for text in found.texts("#board tbody th") if text.startswith("oracle"))
        assert HOSTILE in entry
        paper = found.page.locator("#board th a")
        assert paper.get_attribute("href") == FACTS.paper
        assert "noreferrer" in str(paper.get_attribute("rel"))


def test_the_reports_of_a_leaderboard_hold_no_actual_unless_asked(
    site: Path, results: Path, tmp_path: Path
) -> None:
    holding = [page.name for page in site.rglob("*.html") if '"actual":' in page.read_text()]
    assert holding == []
    command = ["leaderboard", str(results), "--html", "--with-actuals", "-o", str(tmp_path)]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    assert any('"actual":' in page.read_text() for page in tmp_path.rglob("*.html"))


def test_entries_are_sorted(browser: Browser, results: Path, tmp_path: Path) -> None:
    command = ["leaderboard", str(results), "--html", "-o", str(tmp_path)]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    with opened(browser, tmp_path / INDEX) as found:
        rows = "#board tbody tr"
        found.sort_by("#board", "submitter")
        assert [text.split()[0] for text in found.texts(f"{rows} th")] == [
            "even",
            "oracle",
            "wavering",
        ]
        found.sort_by("#board", "submitter")
        assert found.texts(f"{rows} th")[0] == "wavering"


def test_what_has_no_value_stays_last_in_either_direction(
    browser: Browser, results: Path, tmp_path: Path
) -> None:
    command = ["leaderboard", str(results), "--html", "-o", str(tmp_path)]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    with opened(browser, tmp_path / INDEX) as found:
        values = "#history tbody td:nth-child(5)"
        for _ in range(2):
            found.sort_by("#history", "MAE")
            assert found.texts(values)[-1] == DASH


def test_another_metric_is_shown_also_of_one_scenario_and_the_address_keeps_it(
    browser: Browser, results: Path, tmp_path: Path
) -> None:
    command = ["leaderboard", str(results), "--html", "--with-actuals", "-o", str(tmp_path)]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    values = "#board tbody td:nth-child(3)"
    with opened(browser, tmp_path / INDEX) as found:
        assert found.texts(values) == ["0.0000", "0.2000", "0.2050"]
        found.page.select_option("#metric", label="RMSE")
        assert found.texts(values) == ["0.0000", "0.2000", "0.2303"]
        found.page.select_option("#scenario", index=1)
        assert len(found.texts(values)) == 3
        assert "Ranks are by MAE over all" in found.texts("#view-note")[0]
        kept = found.page.evaluate("window.location.hash")
        shown = found.texts(values)
    with opened(browser, tmp_path / INDEX) as found:
        found.page.goto((tmp_path / INDEX).as_uri() + kept)
        found.page.reload()
        assert found.texts(values) == shown
        assert found.errors == []


def test_no_scenario_of_few_targets_is_shown_without_actuals(browser: Browser, site: Path) -> None:
    """The control: with actuals the test before chooses one."""
    with opened(browser, site / INDEX) as found:
        assert not found.page.locator("#scenario").is_visible()
        assert "max error" not in found.texts("#metric")[0]


def test_a_baseline_is_marked_and_the_suite_described(
    browser: Browser, results: Path, tmp_path: Path
) -> None:
    (tmp_path / "submitters.yaml").write_text("show: all\nbaselines: [even]\n")
    command = ["leaderboard", str(results), "--html", "-o", str(tmp_path / "site")]
    command += ["--submitters", str(tmp_path / "submitters.yaml")]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    with opened(browser, tmp_path / "site" / INDEX) as found:
        assert found.texts("#board .tag") == ["baseline"]
        assert "even" in found.page.locator("#board th", has_text="baseline").inner_text()
        found.page.locator("details.suite summary").click()
        facts = found.texts("details.suite dl")[0]
        assert "not stated" in facts  # the licence
        assert "wall_seconds" in facts
        assert "4, 2026-01-02 to 2026-01-02" in facts


def test_every_evaluation_is_in_the_history_with_what_it_changed(
    browser: Browser, site: Path
) -> None:
    with opened(browser, site / INDEX) as found:
        rows = found.texts("#history tbody tr")
        assert len(rows) == 4
        changes = [row.split("\t")[-1] for row in rows]
        assert sorted(changes)[:1] != [DASH]  # one of the hostile submitter's two came second
        assert changes.count(DASH) == 3


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
    path.write_text(leaderboard_page(large, Surroundings(links), "0"), encoding="utf-8")
    with opened(browser, path) as found:
        sorted_after = found.sort_by("#board", "submitter")
        assert f"1 to 100 of {MANY:,}" in found.texts("#board .dt-info")
        names = [text.partition("\n")[0] for text in found.texts("#board tbody th")]
        assert names == sorted(f"team {number}" for number in range(MANY))[:100]
        assert sorted_after < MOST_MILLISECONDS
        found.page.locator("#board").get_by_role("searchbox").fill("team 77")
        assert len(found.texts("#board tbody th")) == 19  # 77, 177 to 977, 770 to 779


def test_watch_writes_the_page_again_when_a_report_comes(suite: Suite, tmp_path: Path) -> None:
    write_evaluation(
        evaluate_function(suite, oracle, "image-one"), tmp_path / "results" / "image-one"
    )
    command = [str(RUNNER), "leaderboard", str(tmp_path / "results"), "--watch"]
    page = tmp_path / "results" / "site" / INDEX
    with subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL) as process:
        wait_for(page, "image-one")
        assert "image-two" not in page.read_text()
        write_evaluation(
            evaluate_function(suite, wavering, "image-two"), tmp_path / "results" / "image-two"
        )
        wait_for(page, "image-two")
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
    source = write_suite(tmp_path, runs=4)
    division = {"method": "leave_one_out", "by": "run"}
    budgets = {"instances": [1, 2]}
    suite = build_unaudited(source, tmp_path / "suite", division=division, revealed=budgets)
    for name, error in (("good", 0.1), ("bad", 0.25)):
        write_evaluation(evaluate_function(suite, off_by(error), name), tmp_path / "r" / name)
    command = ["leaderboard", str(tmp_path / "r"), "--html", "-o", str(tmp_path / "site")]
    CliRunner().invoke(cli, command, catch_exceptions=False)
    with opened(browser, tmp_path / "site" / "index.html") as found:
        cells = found.texts("#budgets td")
        assert "0.1000" in " ".join(cells)
        assert "0.2500" in " ".join(cells)
        assert found.errors == []
        assert found.accessibility_faults() == []
