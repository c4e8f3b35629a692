"""What is told of a build, from what the engine says of it."""

import pytest

from runner.errors import BuildError
from runner.sandbox.engine.build import LONGEST_LINE, follow_build


def test_the_engines_colours_are_left_out_and_other_control_characters_shown() -> None:
    said = [{"stream": "\x1b[91mno such package\x1b[0m\n\x1b]0;title\x07\n"}, {"error": "code 1"}]
    with pytest.raises(BuildError) as raised:
        follow_build(said, "mine", print)
    assert "\nno such package\n" in str(raised.value)
    assert "\\x1b]0;title\\x07" in str(raised.value)


def test_a_line_that_comes_in_several_entries_is_one_and_is_told_once() -> None:
    told: list[str] = []
    coloured = [{"stream": f"\x1b[91m{part}\x1b[0m"} for part in ("sh: 1: ", "pip: not found\n")]
    said = [{"stream": "Step 1/2 : RUN "}, {"stream": "pip"}, {"stream": "\n"}, *coloured]
    with pytest.raises(BuildError) as raised:
        follow_build(
            [*said, {"stream": "it en"}, {"stream": "ds"}, {"error": "code 1"}], "a", told.append
        )
    assert told == ["Step 1/2 : RUN pip"]
    assert str(raised.value).splitlines()[1:] == [
        "Step 1/2 : RUN pip",
        "sh: 1: pip: not found",
        "it ends",
    ]


def test_of_a_line_without_an_end_only_the_end_is_kept() -> None:
    said = [{"stream": "a" * LONGEST_LINE}, {"stream": "b"}, {"error": "code 1"}]
    with pytest.raises(BuildError) as raised:
        follow_build(said, "mine", print)
    assert str(raised.value).splitlines()[1:] == ["a" * (LONGEST_LINE - 1) + "b"]
