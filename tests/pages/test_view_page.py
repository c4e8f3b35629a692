"""The pages of `runner view` in a browser: the list, and a batch that is followed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from playwright.sync_api import Browser, expect

from runner.errors import EngineError
from runner.evaluation.recorded_cases import RecordedCases
from runner.suites.suite import Suite
from runner.view.server import ViewServer
from tests.evaluation_builder import off_by
from tests.pages.browser import LOOKS, WIDTHS, new_page
from tests.pages.conftest import wavering
from tests.pages.test_report_page import HOSTILE
from tests.view_builder import batch, open_ledger, passes, write_bundle, write_reports

DONE = "registry.example.org_team-a_linear_1.2"
IMAGES = (DONE, "team-b_forest", "slow", HOSTILE.replace("/", "|"))


@dataclass(frozen=True)
class Viewed:
    server: ViewServer
    batch: RecordedCases
    folder: Path
    name: str
    end: Callable[[], None]

    @property
    def batch_url(self) -> str:
        return f"{self.server.url}batch/results/now/{self.name}"


@pytest.fixture
def viewed(suite: Suite, tmp_path: Path) -> Iterator[Viewed]:
    """Yield a server of a folder with one of each thing, one under an open ledger too."""
    root = tmp_path / "root"
    write_reports(suite, root / "results" / "demo", train_mean=wavering, random=off_by(0.3))
    write_reports(suite, root / "results" / "closed", one=off_by(0.1))
    open_ledger(tmp_path / "ledger.jsonl", root / "results" / "closed")
    (root / "results" / "demo" / "broken").mkdir()
    (root / "results" / "demo" / "broken" / "report.json").write_text("{}")
    write_bundle(root / "cards" / "run", "The linear predictor is better on every scenario")
    copytree(suite.root, root / "suites" / "mine")
    folder = root / "results" / "now"
    with ViewServer(root, 0, "token") as server, ExitStack() as opened:
        running = opened.enter_context(batch(suite, folder, *IMAGES))
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        (name,) = (path.name for path in folder.glob(".batch-*"))
        yield Viewed(server, running, folder, name, opened.close)
        server.shutdown()
        thread.join()


def advance(viewed: Viewed, suite: Suite) -> None:
    """Let one image be done, one have failures and one run."""
    done, failing, slow, _ = passes(suite, viewed.folder, *IMAGES).values()
    write_reports(suite, viewed.folder, **{DONE: wavering})
    for number, case in enumerate(suite.cases):
        viewed.batch.find(done, 1)
        if number < 5:
            viewed.batch.begin(failing.task(case.id))
            viewed.batch.end(failing, case.id, EngineError("gone"))
    viewed.batch.begin(slow.task(suite.cases[0].id))
    viewed.batch.write()


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_list_and_a_batch_open_without_an_error_or_a_foreign_request_and_are_accessible(
    browser: Browser, viewed: Viewed, suite: Suite, width: int, dark: bool
) -> None:
    advance(viewed, suite)
    with new_page(browser, width=width, dark=dark) as found:
        found.page.goto(viewed.server.url)
        found.forgive(viewed.server.url)
        assert found.faults() == []
        found.page.goto(viewed.batch_url)
        expect(found.page.locator("tbody tr")).to_have_count(len(IMAGES))
        found.forgive(viewed.batch_url, viewed.batch_url.replace("/batch/", "/events/"))
        assert found.faults() == []
        assert found.page.locator("img").count() == 0


def test_two_clicks_lead_from_the_list_to_a_report_and_its_board(
    browser: Browser, viewed: Viewed
) -> None:
    with new_page(browser, width=WIDTHS["desktop"]) as found:
        found.page.goto(viewed.server.url)
        found.page.get_by_role("link", name="results/demo/train_mean").click()
        found.page.get_by_role("link", name="Leaderboard").click()
        expect(found.page.locator("h1")).to_contain_text("Leaderboard of")
        found.page.get_by_role("link", name="report").first.click()
        expect(found.page.locator("#targets")).to_be_visible()
        assert found.errors == []


def test_the_page_of_a_batch_follows_it_to_its_end(
    browser: Browser, viewed: Viewed, suite: Suite
) -> None:
    with new_page(browser, width=WIDTHS["desktop"]) as found:
        found.page.goto(viewed.batch_url)
        counts = found.page.locator("#counts")
        expect(counts).to_have_text("0 of 32 cases done")
        advance(viewed, suite)
        expect(counts).to_contain_text("13 of 32 cases done, 1 running, 5 failed")
        first = found.page.locator("tbody tr").first
        expect(first).to_contain_text("MAE")
        viewed.end()
        expect(found.page.locator("#state")).to_have_text("It is over.")
        first.get_by_role("link").click()
        expect(found.page.locator("#targets")).to_be_visible()
        assert found.errors == []


def test_a_server_that_does_not_answer_any_more_is_told_on_the_page(
    browser: Browser, viewed: Viewed
) -> None:
    with new_page(browser, width=WIDTHS["desktop"]) as found:
        found.page.route("**/events/**", lambda route: route.abort())
        found.page.goto(viewed.batch_url)
        expect(found.page.locator("#state")).to_contain_text("does not answer")
