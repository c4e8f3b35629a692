"""The progress of cases: a live view on a terminal, and plain lines elsewhere."""

import re
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from runner.cli.live.cases import CaseLines, CaseView, cells, open_case_progress
from runner.cli.live.display import LineDisplay
from runner.cli.live.results import Results
from runner.errors import EngineError
from runner.evaluation.case_counts import Count
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.run_options import RunSettings
from runner.evaluation.verdict import JudgedCase
from runner.sandbox.engine.image import Image
from runner.sandbox.outcome import ContainerEnd
from runner.sandbox.output_archive import Output
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.resources import ResourceUse
from runner.sandbox.sandbox_run import SandboxRun
from tests.evaluation_builder import oracle, written
from tests.suite_builder import shared_suite
from tests.terminal import Terminal


@pytest.fixture(scope="module")
def pass_(tmp_path_factory: pytest.TempPathFactory) -> Pass:
    """Return a pass of one case."""
    path = tmp_path_factory.mktemp("suite")
    suite = shared_suite()
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    return Pass(Image("a:1", "sha256:1"), suite, settings, FinishedCases(path / "finished"))


def ended(pass_: Pass, exit_code: int = 0, share_of_time: float = 0.1) -> JudgedCase:
    """Return the pass's case as if a container had predicted it."""
    case = pass_.suite.cases[0]
    outputs = written(pass_.suite.actuals(case), oracle)
    seconds = share_of_time * pass_.settings.policy.limits.wall_seconds
    used = ResourceUse(seconds, 0, 1, None, None, is_sampled=False)
    output = Output(outputs, {}, False, 0, 1)
    return pass_.judge(case, SandboxRun(ContainerEnd(exit_code, seconds), output, b"", used, None))


def tell(progress: CaseProgress, pass_: Pass, result: JudgedCase | EngineError) -> None:
    """Tell of all that happens to the pass's case."""
    case = pass_.suite.cases[0].id
    progress.expect([pass_])
    progress.begin(pass_.task(case))
    progress.end(pass_, case, result)


def test_elsewhere_than_on_a_terminal_a_case_has_a_line_when_it_begins_and_when_it_ends(
    pass_: Pass, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_case_progress(LineDisplay(), Results()) as progress:
        tell(progress, pass_, ended(pass_))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "a:1 on v1, case-1: running, at most 600 s\n"
        "a:1 on v1, case-1: scored after 60.0 s (1 of 1)\n"
    )


def test_what_had_finished_before_is_told(pass_: Pass, capsys: pytest.CaptureFixture[str]) -> None:
    progress = CaseLines(LineDisplay())
    progress.expect([pass_])
    progress.find(pass_, 1)
    said = "a:1 on v1: 1 of 1 cases have finished before (--rerun runs them again)\n"
    assert capsys.readouterr().err == said


def test_the_view_has_no_line_for_a_case_that_is_scored(
    pass_: Pass, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(CaseView(LineDisplay(), Results()), pass_, ended(pass_))
    assert capsys.readouterr().err == ""


def test_above_the_view_stands_how_a_case_failed_or_came_near_a_limit(
    pass_: Pass, capsys: pytest.CaptureFixture[str]
) -> None:
    view = CaseView(LineDisplay(), Results())
    tell(view, pass_, ended(pass_, exit_code=1))
    assert capsys.readouterr().err == "a:1 on v1, case-1: failed after 60.0 s (1 of 1)\n"
    tell(view, pass_, ended(pass_, share_of_time=0.8))
    near = "scored after 480.0 s; took 480 s, 80% of the wall time (2 of 2)"
    assert capsys.readouterr().err == f"a:1 on v1, case-1: {near}\n"
    tell(view, pass_, EngineError("The engine is gone."))
    said = "a:1 on v1, case-1: not run: The engine is gone. (3 of 3)\n"
    assert capsys.readouterr().err == said


def drawn(view: CaseView, columns: int = 80) -> list[str]:
    """Return the lines of the view, as wide as they are shown."""
    console = Console(width=columns, file=StringIO())
    console.print(view.draw(columns, 10))
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines() if line.strip()]


def test_the_view_counts_failures_of_predictors_and_of_the_engine(pass_: Pass) -> None:
    view = CaseView(LineDisplay(), Results())
    for result in (ended(pass_), ended(pass_, exit_code=1), EngineError("The engine is gone.")):
        tell(view, pass_, result)
    assert drawn(view) == ["a:1  3 of 3 done  2 failed"]


def test_a_line_says_only_what_there_is() -> None:
    assert cells(Count(cases=3), now=0.0) == ("0 of 3 done", "", "", "")
    count = Count(cases=3, over=1, failed=1, running={"b"}, ended=1, began=0.0, last_end=1000.4)
    assert cells(count, now=1000.4) == ("1 of 3 done", "1 running", "1 failed", "0:33:21 left")


def test_no_control_character_of_a_name_reaches_the_terminal(pass_: Pass) -> None:
    view = CaseView(LineDisplay(), Results())
    view.expect([replace(pass_, image=Image("a\x1b[2J\r\n", "sha256:1"))])
    assert drawn(view) == [r"a\x1b[2J\r\n  0 of 1 done"]


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_lines_fit_and_their_counts_stand_below_each_other(pass_: Pass, columns: int) -> None:
    view = CaseView(LineDisplay(), Results())
    view.expect([replace(pass_, image=Image(200 * "a" + "/b", "sha256:1")), pass_])
    first, second, last = drawn(view, columns)
    assert len(first) <= columns
    assert "aa/b  0 of 1 done" in first
    assert first.index("0 of 1") == second.index("0 of 1") == last.index("0 of 2")


def test_nothing_expected_has_no_lines() -> None:
    assert drawn(CaseView(LineDisplay(), Results())) == []


# Stands for passes and tasks: nothing else of them is looked at while cases go well.
VIEW = """
import os, time
from types import SimpleNamespace as Plain
from runner.cli.live.cases import open_case_progress
from runner.cli.live.results import Results
from runner.cli.live.terminal import open_display

results = Results()

def expect(image, suite="v1"):
    cases = [Plain(id=str(number)) for number in range(4)]
    suite = Plain(name=suite, manifest=Plain(cases=cases))
    progress.expect([Plain(image=Plain(reference=image), suite=suite)])

def task_of(image, case):
    return Plain(title=image + case, image=Plain(reference=image), suite="v1", case=case)

def begin(image, case="0"):
    progress.begin(task_of(image, case))

display = open_display()
display.say("before")
with open_case_progress(display, results) as progress:
"""


IMPORTED = [f"runner.cli.live.{name}" for name in ("cases", "results", "terminal")]


def on_a_terminal(body: str, columns: int = 80, lines: int = 24) -> Terminal:
    """Run a script, indented, while its view is shown."""
    return Terminal(f"{VIEW}{body}\nprint('after')", columns, lines, IMPORTED)


def test_the_view_is_gone_at_the_end_and_what_was_said_stays() -> None:
    body = """
    expect("a"); expect("b"); begin("b")
    time.sleep(0.5)
    progress.say("warning: a line")
    time.sleep(0.5)
"""
    with on_a_terminal(body) as terminal:
        screen = terminal.wait_for(lambda screen: "warning" in screen and "all" in screen)
        assert screen.split("\n") == [
            "before",
            "warning: a line",
            "a    0 of 4 done",
            "b    0 of 4 done  1 running",
            "all  0 of 8 done  1 running",
        ]
        assert not terminal.has_cursor
        assert terminal.wait() == 0
        assert terminal.lines == ["before", "warning: a line", "after"]
        assert terminal.has_cursor


def test_tables_on_the_same_terminal_are_whole_and_the_view_is_below_them() -> None:
    body = """
    expect("a"); begin("a")
    for number in range(3):
        time.sleep(0.3)
        with progress.aside():
            print(f"table {number}")
            time.sleep(0.3)  # the view would be drawn meanwhile
            progress.say("a line of the log")
            print("its end")
    time.sleep(0.3)
"""
    with on_a_terminal(body) as terminal:
        assert terminal.wait() == 0
        tables = "\n".join(f"table {number}\na line of the log\nits end" for number in range(3))
        assert "\n".join(terminal.lines) == f"before\n{tables}\nafter"
        assert any("its end\na  0 of 4 done  1 running" in each for each in terminal.screens)


def test_hundreds_of_images_are_never_taller_than_the_terminal() -> None:
    body = """
    for number in range(300):
        expect(f"image-{number}")
    for number in range(30):
        begin(f"image-{number}")
        progress.say(f"line {number}")
        time.sleep(0.05)
    time.sleep(0.5)
"""
    with on_a_terminal(body, lines=10) as terminal:
        last = "all           0 of 1200 done  30 running"
        screen = terminal.wait_for(lambda screen: screen.endswith(last))
        assert "and 293 more  0 of 1172 done  23 running" in screen
        assert terminal.wait() == 0
        # A view that was too tall would have left lines that scrolled off.
        assert terminal.lines == ["before", *(f"line {number}" for number in range(30)), "after"]


SCORED = """
    for number in range(60):
        expect(f"registry.org/a-team/an-image-{number}")
    for number in range(50):
        image = f"registry.org/a-team/an-image-{number}"
        for case in "0123":
            begin(image, case)
            progress._counts.end(task_of(image, case), failed=False)
        first = Plain(image=Plain(reference=image), suite=Plain(name="v1"))
        report = Plain(
            scoring=Plain(primary_metric=Plain(name="mae", title="MAE")),
            score=lambda name: Plain(value=number / 1000),
        )
        results.see_evaluation(Plain(first=first, result=report))
    begin("registry.org/a-team/an-image-50")
    time.sleep(0.5)
"""


@pytest.mark.parametrize("lines", [24, 40])
def test_of_many_images_the_last_scores_stay_in_sight(lines: int) -> None:
    with on_a_terminal(SCORED, lines=lines) as terminal:
        screen = terminal.wait_for(lambda screen: "200 of 240 done" in screen)
        *images, _more, last = [line for line in screen.split("\n") if " done" in line]
        assert len(images) == lines - 3
        assert images[-1].split() == [
            "registry.org/a-team/an-image-50",
            *["0", "of", "4", "done", "1", "running"],
        ]
        shown = range(50 - (len(images) - 1), 50)
        assert [re.split(" done +", line)[1] for line in images[:-1]] == [
            f"MAE {number / 1000:.4f}" for number in shown
        ]
        assert last.startswith("all ")
        assert max(map(len, screen.split("\n"))) <= 80
        assert terminal.wait() == 0
        assert terminal.lines == ["before", "after"]


def test_names_are_cut_to_the_terminal_and_shown_as_they_are() -> None:
    body = """
    expect("[red]registry.org/team/" + 200 * "x" + "/image:v1"); expect("b:smile:\\x1b[2J")
    begin("b:smile:\\x1b[2J")
    time.sleep(0.5)
"""
    with on_a_terminal(body, columns=60) as terminal:
        screen = terminal.wait_for(lambda screen: "all" in screen)
        first, second, _ = screen.split("\n")[1:]
        assert first.startswith("[red]regist")
        assert "xx/image:v1" in first
        assert r"b:smile:\x1b[2J" in second
        assert terminal.wait() == 0
        assert terminal.lines == ["before", "after"]


def test_a_window_that_changes_its_size_has_the_view_in_its_new_size() -> None:
    body = """
    for number in range(20):
        expect(f"registry.org/team/an-image-{number}")
    begin("registry.org/team/an-image-0")
    while os.get_terminal_size(2).columns != 50:
        time.sleep(0.1)
    time.sleep(0.5)
"""
    with on_a_terminal(body, columns=100, lines=30) as terminal:
        terminal.wait_for(lambda screen: "image-19" in screen)
        terminal.resize(50, 12)
        screen = terminal.wait_for(lambda screen: "and 19 more" in screen)
        assert len(screen.split("\n")) <= 12
        assert "registry…/team/an-image-0" in screen
        assert terminal.wait() == 0
        assert terminal.has_cursor
        assert terminal.lines[-1] == "after"
        assert not any("of 80 done" in line for line in terminal.lines)


def test_a_terminal_that_ctrl_c_is_pressed_on_has_its_cursor_again() -> None:
    body = """
    expect("a"); begin("a")
    time.sleep(60)
"""
    with on_a_terminal(body) as terminal:
        terminal.wait_for(lambda screen: "1 running" in screen)
        assert not terminal.has_cursor
        terminal.type(b"\x03")
        assert terminal.wait() != 0
        assert terminal.has_cursor
        assert not any("running" in line for line in terminal.lines[:2])
