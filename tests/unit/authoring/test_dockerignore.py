import pytest

from runner.authoring.dockerignore import Ignore, read_patterns
from runner.errors import UsageError


def ignore(text: str) -> Ignore:
    return Ignore(read_patterns(text.encode(errors="surrogateescape"), ".dockerignore"))


@pytest.mark.parametrize(
    ("pattern", "left_out", "taken"),
    [
        ("notes", "notes", "my/notes"),
        ("/notes", "notes/old.txt", "notes.txt"),
        ("a/../notes/", "notes", "a"),
        ("*.txt", "a.txt", "a.TXT"),
        ("*.txt", "a.txt/b", "b/a.txt"),
        ("*/temp*", "a/temporary", "a/b/temp"),
        ("temp?", "tempa", "temp"),
        ("**/temp", "temp", "tempa"),
        ("**/temp", "a/b/temp/c", "a/temps"),
        ("**.go", "a/b.go", "a/b.got"),
        ("a/**/b", "a/b", "ab"),
        ("a/**/b", "a/x/y/b", "x/a/b"),
        ("a/**", "a/b", "a"),
        ("[a-c].py", "b.py", "d.py"),
        ("[^a-c].py", "d.py", "b.py"),
        (r"\*.py", "*.py", "a.py"),
        (r"[\]].py", "].py", "a.py"),
        ("a+(b).py", "a+(b).py", "aab.py"),
        ("caf\udce9", "caf\udce9", "cafe"),
        ("a\nb", "b", "a b"),
    ],
)
def test_a_pattern_leaves_out_what_it_does_for_docker(
    pattern: str, left_out: str, taken: str
) -> None:
    made = ignore(pattern)
    assert made.leaves_out(left_out)
    assert not made.leaves_out(taken)


def test_the_last_pattern_that_matches_decides() -> None:
    made = ignore("*.md\n!README*.md\nREADME-secret.md\n")
    assert made.leaves_out("a.md")
    assert made.leaves_out("README-secret.md")
    assert not made.leaves_out("README.md")


def test_what_is_excepted_is_found_in_a_folder_that_is_left_out() -> None:
    made = ignore("model\n!model/weights/small")
    assert made.leaves_out("model")
    assert made.may_take_from("model")
    assert made.may_take_from("model/weights")
    assert not made.leaves_out("model/weights/small/part")
    assert not made.may_take_from("model/other")


@pytest.mark.parametrize("text", ["# a", "", "   ", "\r", "."])
def test_a_line_without_a_pattern_leaves_nothing_out(text: str) -> None:
    assert not ignore(text).leaves_out("a")


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_pattern() -> None:
    assert ignore("\ufeffa").leaves_out("a")


@pytest.mark.parametrize("text", ["[", "a[b", "!", "a\\"])
def test_what_is_no_pattern_is_named_with_its_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^\.dockerignore, line 2: .* is no pattern"):
        ignore(f"a\n{text}\n")
