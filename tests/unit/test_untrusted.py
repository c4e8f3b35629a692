"""Text of participants, rendered by GitHub's own implementation of Markdown."""

import re

import pytest
from cmarkgfm import github_flavored_markdown_to_html

from runner.untrusted import csv_cell, json_text, markdown_code, printable, quote

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


FULL_WIDTH = ["\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]
OTHER_SIGNS = ["\ufe661", "\u22121"]
FORMULAS = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", *FULL_WIDTH, *OTHER_SIGNS]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_csv_cell_is_a_formula(text: str) -> None:
    assert csv_cell(text)[0] in "'\\"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("  ::error::x", r"  \x3a:error::x"),
        ("a ##[error]x", r"a \x23#[error]x"),
        ("##vso[task.x]", r"\x23#vso[task.x]"),
        ("###[x]", r"#\x23#[x]"),
        ("##teamcity[x]", r"\x23#teamcity[x]"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202ea", r"\u202ea"),
    ],
)
def test_no_line_is_a_command_of_a_ci_or_of_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


@pytest.mark.parametrize("text", ["a::b", "sha256:1", "## heading", "#[x]", "C#", "=", "模型"])
def test_control_other_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_a_quoted_text_is_no_command_either() -> None:
    assert quote("##[error]") == r"'\x23#[error]'"


def test_json_keeps_its_values_without_commands() -> None:
    assert json_text('["##[x]", "#"]') == r'["#\u0023[x]", "#"]'


def test_plain_names_stay_as_they_are() -> None:
    assert csv_cell("team/image:1") == "team/image:1"
    assert markdown_code("team/image:1") == "`team/image:1`"
