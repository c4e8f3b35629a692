from runner.progress import MOST_SAID, say_first
from tests.suite_builder import Said


def test_of_many_lines_the_first_are_said_and_how_many_others_there_are() -> None:
    said = Said()
    lines = [f"left out: {number}" for number in range(MOST_SAID + 1990)]
    say_first(said.say, lines, "reports are left out")
    assert said.lines == [*lines[:10], "1,990 more reports are left out"]


def test_of_a_few_all_are_said() -> None:
    said = Said()
    lines = [f"left out: {number}" for number in range(MOST_SAID)]
    say_first(said.say, lines, "reports are left out")
    assert said.lines == lines
