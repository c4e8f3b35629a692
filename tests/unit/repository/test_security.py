"""SECURITY.md names real tests: for every promise one that holds it, and a control."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROWS = re.findall(
    r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE
)
REFERENCE = re.compile(r"`([\w/]+\.py)::(\w+)`")


def is_defined(file_name: str, function: str) -> bool:
    """Return whether a file below tests/ has this test, or this way to take a protection away."""
    path = ROOT / "tests" / file_name
    definition = rf"^def {function}\("
    return path.is_file() and re.search(definition, path.read_text(), re.MULTILINE) is not None


def test_the_promises_are_numbered_in_order() -> None:
    assert len(ROWS) >= 10
    assert [int(number) for number, *_ in ROWS] == list(range(1, len(ROWS) + 1))


@pytest.mark.parametrize(("number", "promise", "tests", "controls"), ROWS)
def test_every_test_and_control_of_a_promise_exists(
    number: str, promise: str, tests: str, controls: str
) -> None:
    for cell in (tests, controls):
        references = REFERENCE.findall(cell)
        assert references, f"promise {number} names none"
        missing = [reference for reference in references if not is_defined(*reference)]
        assert missing == []


def test_control_a_test_that_does_not_exist_is_told() -> None:
    assert not is_defined("integration/test_attack.py", "test_that_nobody_wrote")
