"""Text of participants, rendered by GitHub's own implementation of Markdown."""

import re

import pytest
from cmarkgfm import github_flavored_markdown_to_html

from runner.untrusted import csv_cell, markdown_code

HOSTILE = [
    "https://evil.example/x",
    "www.evil.example",
    "mailto:a@evil.example",
    "![x](http://evil.example)",
    "<script>alert(1)</script>",
    "`code`|cell\\|cell\\",
    "a``b```c",
    "# heading",
    "first line\n\n# second",
    "\u202eright to left",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text_in_a_table_of_markdown(text: str) -> None:
    row = f"| {markdown_code(text)} | 2 |"
    shown = github_flavored_markdown_to_html(f"| a | b |\n| --- | --- |\n{row}\n")
    assert re.findall(r"<(\w+)", shown.partition("<tbody>")[2]) == ["tr", "td", "code", "td"]
    assert "<td>2</td>" in shown


@pytest.mark.parametrize("text", HOSTILE[:5])
def test_without_the_code_span_the_same_text_is_markup(text: str) -> None:
    """The control: GitHub links a bare address, and takes HTML for HTML."""
    shown = github_flavored_markdown_to_html(text)
    assert re.search(r"<(a|img) |&lt;script|<!-- raw HTML", shown)


def test_what_is_empty_is_no_broken_code_span() -> None:
    assert markdown_code("") == markdown_code(" ") == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_csv_cell_is_a_formula(text: str) -> None:
    assert csv_cell(text)[0] not in "=+-@\t\r"


def test_plain_names_stay_as_they_are() -> None:
    assert csv_cell("team/image:1") == "team/image:1"
    assert markdown_code("team/image:1") == "`team/image:1`"
