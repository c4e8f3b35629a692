from pathlib import Path

import polars as pl
import pytest

from runner.authoring.participant_log import (
    MOST_LINES,
    ParticipantLog,
    input_cells,
    participant_log,
    participant_logs,
)
from runner.errors import SuiteError
from runner.reports.report import Report
from runner.reports.report_directory import write_evaluation
from runner.suites.public_suite import PublicSuite
from tests.evaluation_builder import evaluate_function, oracle
from tests.suite_builder import part_of, shared_suite

PROMPT = "Several of my friends think that the volleyball is always like the league."


def shown(log: str, *cells: str, events_only: bool = False) -> ParticipantLog:
    return participant_log(log.encode(), cells or (PROMPT,), events_only=events_only)


@pytest.mark.parametrize(
    "line",
    [
        PROMPT,
        f"prompt={PROMPT.upper()}",
        "I saw: friends... THINK, that!",
        "row 7: volleyball is always",
    ],
)
def test_a_line_that_quotes_a_cell_even_in_part_is_withheld(line: str) -> None:
    assert shown(f"reading\n{line}") == ParticipantLog((), ("reading",), 1)


def test_control_a_line_that_quotes_nothing_is_shown() -> None:
    assert shown("fitted 12 stats of my own") == ParticipantLog(
        (), ("fitted 12 stats of my own",), 0
    )


@pytest.mark.parametrize(
    ("cell", "line"),
    [("sports", "it was sports"), ("0.7998", "mean 0.7998"), ("CANARY_1f", "x CANARY_1f y")],
)
def test_a_whole_short_cell_is_withheld(cell: str, line: str) -> None:
    assert shown(line, cell).withheld == 1


@pytest.mark.parametrize(("cell", "line"), [("A", "A line"), ("20", "20 rows"), ("0.5", "0.5 s")])
def test_what_is_in_any_text_is_not_taken_for_a_cell(cell: str, line: str) -> None:
    assert shown(line, cell).withheld == 0


TRACEBACK = f"""before
Traceback (most recent call last):
  File "/opt/runner/runner/contract/__main__.py", line 60, in <module>
    run_predictor(predictor)
  File "/opt/predictor/predictor.py", line 42, in predict
    raise ValueError(prompt)
           ^^^^^^^^^^^^
  File "/opt/predictor/packages/{PROMPT}.py", line 7, in x
ValueError: {PROMPT}
after"""


@pytest.mark.parametrize("after_line", range(1, TRACEBACK.count("\n")))
def test_lines_of_stdout_in_the_midst_of_a_traceback_do_not_hide_it(after_line: int) -> None:
    lines = TRACEBACK.splitlines()
    log = "\n".join([*lines[:after_line], "looking at: 6 rows", *lines[after_line:]])
    found = shown(log)
    assert found.events == ("ValueError, predictor.py line 42",)
    assert found.lines == ("before", "looking at: 6 rows", "after")


def test_an_exception_is_its_class_and_the_line_of_the_predictors_file() -> None:
    assert shown(TRACEBACK) == ParticipantLog(
        ("ValueError, predictor.py line 42",), ("before", "after"), 0
    )


def test_a_class_that_is_not_pythons_is_not_named() -> None:
    log = TRACEBACK.replace("ValueError: ", "SeveralOfMyFriends: ")
    assert shown(log).events == ("an exception, predictor.py line 42",)


def test_the_last_progress_is_an_event() -> None:
    log = "runner: progress 1/10\nrunner: progress 7/10\nrunner: progress is good"
    assert shown(log) == ParticipantLog(("progress 7/10",), ("runner: progress is good",), 0)


def test_events_alone_are_shown_where_lines_are_not_wanted() -> None:
    assert shown(TRACEBACK, events_only=True) == ParticipantLog(("ValueError",), (), None)


def test_events_alone_have_no_digit_that_a_predictor_could_choose() -> None:
    log = f"runner: progress 123456789/987654321\n{TRACEBACK}"
    chosen = repr(shown(log, events_only=True))
    assert not [character for character in chosen if character.isdigit()]
    assert "123456789" in repr(shown(log))  # the control


def test_among_events_alone_an_exception_that_is_not_pythons_is_any() -> None:
    log = TRACEBACK.replace("ValueError: ", "Secret42Error: ")
    assert shown(log, events_only=True).events == ("an exception",)


def test_terminal_codes_are_escaped_and_the_amount_is_bounded() -> None:
    found = shown("\x1b[31mred\n" * 1000 + "x" * 1000)
    assert len(found.lines) == MOST_LINES
    assert found.lines[0] == r"\x1b[31mred"
    assert found.withheld == 1000 - MOST_LINES + 1


MISSING = """Traceback (most recent call last):
  File "/opt/predictor/predictor.py", line 3, in <module>
ModuleNotFoundError: No module named 'sklearn'
"""


def test_what_to_do_is_told_of_what_is_shown() -> None:
    assert "requirements.txt" in shown(MISSING).hints[0]
    assert "requirements.txt" in shown(MISSING, events_only=True).hints[0]


def test_what_to_do_follows_from_nothing_that_is_withheld() -> None:
    withheld = f"{PROMPT} Read-only file system"
    assert shown(f"{MISSING}{withheld}").hints == shown(MISSING).hints
    assert "sklearn" not in repr(shown(MISSING).hints)
    assert len(shown(f"{MISSING}Read-only file system").hints) == 2  # the control: this is shown


def test_cells_are_had_from_every_depth_of_a_frame_but_not_from_keys(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "run_spec.name": ["a run"],
            "stats.name.name": ["exact_match"],
            "stats.mean": [0.7998],
            "references": [[{"output": {"text": "sports"}, "tags": ["correct"]}]],
            "flag": [True],
            "nothing": [None],
        }
    )
    assert list(input_cells([part_of(frame, tmp_path / "part")])) == [
        "a run",
        "0.7998",
        "sports",
        "correct",
    ]


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Report, PublicSuite]:
    suite = shared_suite()
    evaluation = evaluate_function(suite, oracle)
    write_evaluation(evaluation, tmp_path / "report")
    return tmp_path / "report", evaluation.report, suite.public


def test_control_of_a_whole_report_each_log_is_read(
    written: tuple[Path, Report, PublicSuite],
) -> None:
    directory, report, suite = written
    shown = participant_logs(directory, report, suite, events_only=False)
    assert list(shown) == [case.id for case in suite.cases]


@pytest.mark.parametrize("times", [0, 2])
def test_a_report_without_one_record_of_each_case_is_refused(
    written: tuple[Path, Report, PublicSuite], times: int
) -> None:
    directory, report, suite = written
    changed = report.model_copy(update={"cases": report.cases * times})
    with pytest.raises(SuiteError, match=rf"has {times} records of case-1"):
        participant_logs(directory, changed, suite, events_only=False)


def test_a_log_that_is_gone_is_named(written: tuple[Path, Report, PublicSuite]) -> None:
    directory, report, suite = written
    (directory / report.cases[0].log_file).unlink()
    with pytest.raises(SuiteError, match=r"container\.log: the log can't be read"):
        participant_logs(directory, report, suite, events_only=False)
