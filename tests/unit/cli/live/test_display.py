"""What a display shows."""

import pytest

from runner.cli.live.display import QuietDisplay


def test_a_quiet_display_shows_neither_lines_nor_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    display = QuietDisplay()
    display.say("a line")
    with display.task("a task", 2) as task:
        task.advance()
    assert capsys.readouterr() == ("", "")
