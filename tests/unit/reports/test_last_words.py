"""What is quoted of a log that no rule knows."""

import pytest

from runner.reports.last_words import last_words

NODE_END = ["    at file:///opt/predictor/predict.mjs:1:7", "", "Node.js v18.20.4"]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (['Error in f(1) : could not find function "f"', "Execution halted"], None),
        (["Error: unexpected end of input", "Execution halted"], None),
        (
            ["Error in file(f) :", "  cannot open", "In addition: Warning", "Execution halted"],
            "Error in file(f) : cannot open",
        ),
        (
            [
                "file:///opt/predictor/predict.mjs:1",
                "const a = ;",
                "          ^",
                "",
                "SyntaxError: Unexpected token ';'",
                *NODE_END,
            ],
            "predict.mjs:1: SyntaxError: Unexpected token ';'",
        ),
        (["TypeError: no", *NODE_END], None),
        (["said", "Node.js v18.20.4"], None),
        (["Execution halted"], None),
    ],
)
def test_what_r_and_node_say_of_an_error_stands_above_their_end(
    log: list[str], said: str | None
) -> None:
    assert last_words(log) == (said or log[0])


@pytest.mark.parametrize(
    "log",
    [
        ["Error: but it went on", "the end"],
        ["Error: a", "Execution halted", "the end"],
        ["the end", "", "  "],
    ],
)
def test_control_any_other_log_is_quoted_at_its_end(log: list[str]) -> None:
    assert last_words(log) == "the end"


def test_of_a_long_or_hostile_line_a_printable_part_is_quoted() -> None:
    assert last_words([]) is None
    assert last_words(["\x1b[2J"]) == "\\x1b[2J"
    assert last_words(["a" * 300]) == "a" * 200 + "..."
