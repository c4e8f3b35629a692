import os
import pty
import subprocess
import sys
import threading
from itertools import count

import pytest

from runner.cli.live.display import LineDisplay
from runner.cli.live.terminal import open_display

SHOW_CURSOR = "\x1b[?25h"


def on_a_terminal(code: str, term: str = "xterm") -> tuple[str, str]:
    """Return what a script printed on standard output, and on a terminal as standard error."""
    ours, theirs = pty.openpty()
    script = f"from runner.cli.live.terminal import open_display\ndisplay = open_display()\n{code}"
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": term},
        text=True,
    )
    os.close(theirs)
    shown = b""
    while chunk := read_terminal(ours):
        shown += chunk
    os.close(ours)
    return process.communicate()[0], shown.decode()


def read_terminal(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


def test_a_task_is_a_bar_on_a_terminal() -> None:
    code = """
import time
with display.task('auditing', 3) as task:
    task.advance(); task.advance(); time.sleep(0.3)  # bars are drawn ten times a second
"""
    _, shown = on_a_terminal(code)
    assert "auditing" in shown
    assert "2/3" in shown


def test_a_task_of_unknown_length_is_shown_too() -> None:
    assert "resolving" in on_a_terminal("with display.task('resolving'): pass")[1]


def test_what_is_printed_during_a_task_stays_on_standard_output() -> None:
    out, shown = on_a_terminal("with display.task('auditing', 3): print('{}')")
    assert out == "{}\n"
    assert "{}" not in shown


def test_lines_during_a_task_are_shown_as_they_are() -> None:
    line = "[bold]a name[/bold] of 1 run :smile: " + "x" * 200
    _, shown = on_a_terminal(f"with display.task('auditing', 3): display.say({line!r})")
    assert line in shown


def test_no_control_character_of_a_line_reaches_the_terminal_during_a_task() -> None:
    line = "a\x1b[2J\nb"
    _, shown = on_a_terminal(f"with display.task('auditing', 3): display.say({line!r})")
    assert "a\\x1b[2J\r\nb" in shown


def test_markup_in_a_task_is_shown_as_it_is() -> None:
    assert "[red]run" in on_a_terminal("with display.task('[red]run', 3): pass")[1]


def test_a_failure_within_a_task_gives_the_cursor_back_before_its_message() -> None:
    _, shown = on_a_terminal("with display.task('auditing', 3): raise SystemExit('a message')")
    assert shown.index(SHOW_CURSOR) < shown.index("a message")


def test_tasks_of_two_threads_are_shown_at_once() -> None:
    code = """
import threading
both = threading.Barrier(2)
def work(what):
    with display.task(what, 2) as task:
        both.wait(); task.advance(); both.wait()
threads = [threading.Thread(target=work, args=(what,)) for what in ('one', 'other')]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    _, shown = on_a_terminal(code)
    assert "one" in shown
    assert "other" in shown
    assert shown.count(SHOW_CURSOR) == 1


def test_a_terminal_that_cannot_move_its_cursor_has_plain_lines() -> None:
    _, shown = on_a_terminal("with display.task('auditing', 3): display.say('a line')", "dumb")
    assert shown == "a line\r\n"


def test_there_are_no_bars_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with open_display().task("auditing", 3) as task:
        task.advance()
    assert capsys.readouterr() == ("", "")


def test_a_long_task_has_a_plain_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with LineDisplay(clock=count(0.0, 6.0).__next__).task("reading runs", 5) as task:
        for _ in range(5):
            task.advance()
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "reading runs: 2 of 5\nreading runs: 4 of 5\n"


def test_a_plain_line_of_a_task_of_unknown_length_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with LineDisplay(clock=count(0.0, 11.0).__next__).task("layers") as task:
        task.advance()
    assert capsys.readouterr().err == "layers: 1\n"


def test_lines_from_many_threads_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    display = LineDisplay()
    threads = [threading.Thread(target=display.say, args=("a line",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert capsys.readouterr().err == "a line\n" * 20
