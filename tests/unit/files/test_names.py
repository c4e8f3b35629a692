import pytest

from runner.files.names import MOST_LETTERS, fitting_name, safe_name


@pytest.mark.parametrize("text", ["team-a", "img_1.2", "a..b", "0"])
def test_a_plain_text_is_its_own_name(text: str) -> None:
    assert safe_name(text) == text


@pytest.mark.parametrize("text", ["Team", "team a", "té", "v1.", "a/b", "a+b", "\ud800", "..", ""])
def test_any_other_text_has_a_name_of_its_own(text: str) -> None:
    name = safe_name(text)
    assert name.isascii()
    assert not set("/+ ") & set(name)
    assert not name.endswith(".")
    assert name != text or text == ""


def test_texts_that_differ_in_case_differ_where_the_file_system_ignores_case() -> None:
    assert safe_name("Team").casefold() != safe_name("TEAM").casefold() != safe_name("team")


def test_letters_may_be_replaced_without_a_digest() -> None:
    assert safe_name("a/b:1", "/:") == "a_b_1"
    assert safe_name("a/b:1", "/") != "a_b_1"  # control


def test_a_name_is_cut_only_where_it_is_too_long() -> None:
    assert fitting_name("a" * MOST_LETTERS) == "a" * MOST_LETTERS
    long = [fitting_name("a" * MOST_LETTERS + end) for end in "bc"]
    assert [len(name) for name in long] == [MOST_LETTERS] * 2
    assert long[0] != long[1]
