"""What is told of a build, from what the engine says of it."""

import pytest

from runner.errors import BuildError
from runner.sandbox.engine.build import follow_build


def test_the_engines_colours_are_left_out_and_other_control_characters_shown() -> None:
    said = [{"stream": "\x1b[91mno such package\x1b[0m\n\x1b]0;title\x07\n"}, {"error": "code 1"}]
    with pytest.raises(BuildError) as raised:
        follow_build(said, "mine", print)
    assert "\nno such package\n" in str(raised.value)
    assert "\\x1b]0;title\\x07" in str(raised.value)
