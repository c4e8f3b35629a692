"""What is told of a build, from what the engine says of it."""

import pytest

from runner.errors import BuildError
from runner.sandbox.engine.build import CONTEXT_LABEL, follow_build


def test_the_engines_colours_are_left_out_and_other_control_characters_shown() -> None:
    said = [{"stream": "\x1b[91mno such package\x1b[0m\n\x1b]0;title\x07\n"}, {"error": "code 1"}]
    with pytest.raises(BuildError) as raised:
        follow_build(said, "mine", print)
    assert "\nno such package\n" in str(raised.value)
    assert "\\x1b]0;title\\x07" in str(raised.value)


def test_the_runners_own_label_is_no_step_that_is_announced() -> None:
    steps = [
        f"Step 1/3 : LABEL {CONTEXT_LABEL}=sha256:1",
        "Step 2/3 : LABEL mine=1",
        "Step 3/3 : RUN x",
    ]
    announced: list[str] = []
    follow_build([{"stream": f"{step}\n"} for step in steps], "mine", announced.append)
    assert announced == steps[1:]
