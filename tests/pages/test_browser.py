"""What the tests of the pages would find: the controls of all of them."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.pages.browser import opened

HEAD = "<!doctype html><html lang=en><head><meta charset=utf-8><title>t</title>"


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
