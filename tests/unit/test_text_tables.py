import cmarkgfm
import pytest
from rich.cells import cell_len

from runner.text_tables import cut, markdown_table, text_table
from runner.untrusted import markdown_code

HOSTILE = ["a|b", "a\nb", "\x1b[31mred", "a\r\n| x | y |", "\u202egnp", "a\u2028b", "</td>", "`|`"]


def test_columns_are_aligned_and_no_line_ends_in_spaces() -> None:
    assert text_table([["rank", "name", ""], ["1", "a", "x"], ["10", "long one", ""]]) == [
        "rank  name",
        "1     a         x",
        "10    long one",
    ]


def test_wide_letters_count_as_the_two_columns_that_they_take() -> None:
    first, second = text_table([["团队", "x"], ["team", "x"]])
    assert cell_len(first) == cell_len(second) == len("team  x")


def test_a_table_without_rows_has_no_lines() -> None:
    assert text_table([]) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_the_line_of_a_table(text: str) -> None:
    lines = text_table([["head", "x"], [text, "x"]])
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert lines[1].endswith("  x")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("escape", [str, markdown_code])
def test_no_text_leaves_its_cell_of_a_markdown_table(text: str, escape: type[str]) -> None:
    lines = markdown_table(["head", "x"], [[escape(text), "last"]])
    page = cmarkgfm.github_flavored_markdown_to_html("\n".join(lines))
    assert page.count("<tr>") == 2
    assert page.count("<td>") == 2
    assert page.count("<td>last</td>") == 1


def test_markdown_of_a_cell_stays_markdown() -> None:
    lines = markdown_table(["head"], [["**bold**"], ["`code`"]])
    page = cmarkgfm.github_flavored_markdown_to_html("\n".join(lines))
    assert "<strong>bold</strong>" in page
    assert "<code>code</code>" in page


@pytest.mark.parametrize(
    ("columns", "shown"), [(26, "registry.org/team/image:v1"), (20, "regist…team/image:v1")]
)
def test_a_name_is_cut_within_and_keeps_its_end(columns: int, shown: str) -> None:
    assert cut("registry.org/team/image:v1", columns) == shown
    assert len(shown) <= columns


def test_a_name_of_wide_letters_is_cut_to_the_columns_that_it_takes() -> None:
    assert cell_len(cut("团队" * 10, 12)) == 12
