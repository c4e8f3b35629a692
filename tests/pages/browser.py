"""A real browser that opens pages from disk and tells what is wrong with them."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
TIMED_SORT = """button => new Promise(done => {
    const start = performance.now();
    const rows = button.closest("table").tBodies[0];
    new MutationObserver(() => done(performance.now() - start)).observe(rows, { childList: true });
    button.click();
})"""

WIDTHS = {"desktop": 1280, "phone": 390}
LOOKS = [
    (WIDTHS["desktop"], False),
    (WIDTHS["phone"], True),
    pytest.param(WIDTHS["desktop"], True, marks=pytest.mark.long),
    pytest.param(WIDTHS["phone"], False, marks=pytest.mark.long),
]
"""A page's width and whether it is dark; each of both is in one of those that are not long."""

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

SERIOUS_VIOLATIONS = """async () => {
    // Without preload: false it asks for styles itself. Nothing is told of what is in order: there
    // is much of it.
    const found = await axe.run({ preload: false, resultTypes: ["violations"] });
    return found.violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes: [{ html, failureSummary }] }) =>
            `${id}: ${html.slice(0, 120)} ${failureSummary}`);
}"""

OFF_AXIS = """() => [...document.querySelectorAll("th .axis")].flatMap(axis => {
    const bars = axis.closest("table").querySelector("tbody svg.interval");
    const ticks = [...(bars?.querySelectorAll(".tick") ?? [])];
    const middle = each => {
        const { left, right } = each.getBoundingClientRect();
        return (left + right) / 2;
    };
    return ticks.map((tick, number) => [axis.children[number], middle(tick)])
        .filter(([label, place]) => Math.abs(middle(label) - place) > 1.5)
        .map(([label, place]) => `${label.textContent} at ${middle(label)}, not ${place}`);
})"""

KEPT = "[...Object.keys(localStorage), ...Object.keys(sessionStorage), ...document.cookie]"


class OpenPage:
    """A page that is open, and what it did since.

    Attributes:
        page: Playwright's own.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self._errors: list[str] = []
        self._requests: list[str] = []
        # The context's events, not the page's: what a window does that the page opens counts too.
        self._heard: Mapping[str, Callable[[Any], None]] = {
            "console": self._hear,
            "weberror": lambda error: self._errors.append(str(error.error)),
            "request": lambda request: self._requests.append(request.url),
        }
        for event, hear in self._heard.items():
            page.context.on(event, hear)  # type: ignore[call-overload]
        page.on("websocket", self._hear_websocket)

    def end(self) -> None:
        """Leave the page and hear nothing more, so that another can be opened in its place."""
        assert self.page.evaluate(KEPT) == [], "the page keeps something for the next one"
        for other in self.page.context.pages:
            if other is not self.page:
                other.close()
        self.page.unroute_all()
        self.page.goto("about:blank")
        for event, hear in self._heard.items():
            self.page.context.remove_listener(event, hear)
        self.page.remove_listener("websocket", self._hear_websocket)

    def _hear_websocket(self, websocket: WebSocket) -> None:
        self._requests.append(websocket.url)

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._errors.append(message.text)

    def open(self, path: Path) -> None:
        address = path.absolute().as_uri()
        self.page.goto(address)
        self.forgive(address)

    @property
    def errors(self) -> list[str]:
        """What stood in the console as an error, breaches of the page's policy among it.

        And exceptions that nobody caught. All until half a second after the last request.
        """
        self.page.wait_for_load_state("networkidle")
        return self._errors

    @property
    def requests(self) -> list[str]:
        """The address of everything that was asked for until then, but the page's own."""
        self.page.wait_for_load_state("networkidle")
        return self._requests

    def forgive(self, *addresses: str) -> None:
        """Take these out of the requests: the page's own address, and what it is to ask for."""
        self._requests = [
            url for url in self._requests if url not in addresses and not url.startswith("data:")
        ]

    def scrolls_sideways(self) -> bool:
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(wide))

    def accessibility_faults(self) -> list[str]:
        """Return axe-core's serious and critical violations, each with the first place."""
        self.page.evaluate(AXE)  # by the debugger, which the page's policy does not bind
        return list(self.page.evaluate(SERIOUS_VIOLATIONS))

    def sort_by(self, place: str, title: str) -> float:
        """Sort a table by a column, and return the milliseconds until its rows are in order."""
        head = self.page.locator(f"{place} thead th").filter(has_text=title).first
        return float(head.locator(".dt-column-order").evaluate(TIMED_SORT))

    def faults(self) -> list[str]:
        """Return all that is wrong with the page; nothing of it may be."""
        sideways = ["it scrolls sideways"] if self.scrolls_sideways() else []
        return [
            *self.errors,
            *self.requests,
            *self.accessibility_faults(),
            *sideways,
            *self.axis_faults(),
        ]

    def axis_faults(self) -> list[str]:
        """Return the numbers of a table's axis that do not stand above their ticks."""
        return [f"an axis's number is off: {each}" for each in self.page.evaluate(OFF_AXIS)]

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()


def find_browser() -> str:
    """Return the browser's path. Without one these tests fail, they never skip."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "no browser: setup/browser.sh installs one"
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=list(ARGUMENTS), chromium_sandbox=False
        )
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = WIDTHS["desktop"], dark: bool = False
) -> Iterator[OpenPage]:
    with new_page(browser, width=width, dark=dark) as found:
        found.open(path)
        yield found


@contextmanager
def new_page(browser: Browser, *, width: int, dark: bool = False) -> Iterator[OpenPage]:
    """Give a page to open something in.

    It is that of the test before: with a process of its own most of our pages would take twice as
    long. A page that keeps something is told.
    """
    page = _idle_page(browser)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if dark else "light")
    found = OpenPage(page)
    try:
        yield found
        found.end()
    except BaseException:
        page.context.close()
        raise


def _idle_page(browser: Browser) -> Page:
    """Return the page that is there, and make one if there is none."""
    for context in browser.contexts:
        (page,) = context.pages
        assert page.url == "about:blank", "one page is open at a time"
        return page
    return browser.new_context().new_page()
