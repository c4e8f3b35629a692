"""What the tests of the pages would find: the controls of all of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.pages.browser import opened

HEAD = "<!doctype html><html lang=en><head><meta charset=utf-8><title>t</title>"
NO_REQUESTS = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """Give the host of a listener, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    # Threads, because a browser also opens connections that it does not use yet.
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def write(folder: Path, body: str, head: str = "") -> Path:
    path = folder / "page.html"
    path.write_text(f'{HEAD}<link rel="icon" href="data:,">{head}</head><body>{body}</body></html>')
    return path


@pytest.mark.parametrize(
    "body",
    [
        "<script>console.error('broken')</script>",
        "<script>throw new Error('broken')</script>",
        "<script>Promise.reject(new Error('broken'))</script>",
    ],
)
def test_control_an_error_is_heard(browser: Browser, tmp_path: Path, body: str) -> None:
    with opened(browser, write(tmp_path, body)) as found:
        assert any("broken" in error for error in found.errors)


def test_control_a_request_is_seen(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "other.css").write_text("")
    body = "<link rel=stylesheet href=other.css>"
    with opened(browser, write(tmp_path, body)) as found:
        assert [url.rpartition("/")[2] for url in found.requests] == ["other.css"]


@pytest.mark.parametrize(
    "body",
    [
        "<img src='http://{host}/asked'>",
        "<style>p {{ background: url(http://{host}/asked) }}</style><p>text</p>",
        "<script>fetch('http://{host}/asked').catch(() => 0)</script>",
        "<script>new WebSocket('ws://{host}/asked')</script>",
        "<iframe src='http://{host}/asked'></iframe>",
    ],
    ids=["image", "style", "fetch", "websocket", "frame"],
)
def test_control_a_request_leaves_the_browser_where_no_policy_forbids_it(
    browser: Browser, tmp_path: Path, body: str
) -> None:
    policy = f'<meta http-equiv="Content-Security-Policy" content="{NO_REQUESTS}">'
    with listener() as (host, asked):
        with opened(browser, write(tmp_path, body.format(host=host))) as found:
            assert [url.partition("://")[2] for url in found.requests] == [f"{host}/asked"]
            assert asked == ["/asked"]
        with opened(browser, write(tmp_path, body.format(host=host), policy)) as found:
            assert any("Content Security Policy" in error for error in found.errors)
            assert asked == ["/asked"]


def test_control_what_another_window_does_is_seen(browser: Browser, tmp_path: Path) -> None:
    other = tmp_path / "other.html"
    other.write_text("<script>throw new Error('broken')</script>")
    body = "<button onclick=\"window.open('other.html')\">Open</button>"
    with opened(browser, write(tmp_path, body)) as found:
        assert found.requests == []
        with found.page.expect_popup() as popup:
            found.page.click("button")
        popup.value.wait_for_load_state()
        assert found.requests == [other.as_uri()]
        assert any("broken" in error for error in found.errors)


def test_control_a_script_that_a_name_brings_runs_where_no_policy_forbids_it(
    browser: Browser, tmp_path: Path
) -> None:
    name = "<img src=x onerror=\"document.title='owned'\">"
    with opened(browser, write(tmp_path, name)) as found:
        assert found.page.title() == "owned"
    policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
    with opened(browser, write(tmp_path, name, policy)) as found:
        assert found.page.title() == "t"
        assert found.errors  # and the breach of the policy is heard


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<main><button></button></main>", "button-name"),
        ("<main><p style='color:#bbb;background:#fff'>pale</p></main>", "color-contrast"),
        ("<main><img src='data:,' width=9 height=9></main>", "image-alt"),
    ],
)
def test_control_a_fault_of_accessibility_is_found(
    browser: Browser, tmp_path: Path, body: str, rule: str
) -> None:
    with opened(browser, write(tmp_path, body)) as found:
        assert [fault.partition(":")[0] for fault in found.accessibility_faults()] == [rule]


def test_control_a_page_that_is_too_wide_is_seen(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, write(tmp_path, "<p style='width:2000px'>wide</p>")) as found:
        assert found.scrolls_sideways()


@pytest.mark.parametrize("store", ["localStorage", "sessionStorage"])
def test_control_a_page_that_keeps_something_is_told_and_the_next_finds_nothing(
    browser: Browser, tmp_path: Path, store: str
) -> None:
    page = write(tmp_path, f"<script>document.title = {store}.a ?? 'none'; {store}.a = 1</script>")
    for _ in range(2):
        with pytest.raises(AssertionError, match="keeps something"), opened(browser, page) as found:
            assert found.page.title() == "none"
