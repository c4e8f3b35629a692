"""Tracebacks among the lines of a log."""

import pytest

from runner.reports.tracebacks import take_tracebacks

LOG = """reading
Traceback (most recent call last):
  File "/opt/predictor/predictor.py", line 42, in predict
    helper()
  File "/opt/predictor/own/parts.py", line 7, in helper
    pd.read_csv(None)
    ^^^^^^^^^^^^^^^^^
  File "/opt/predictor/packages/pandas/io.py", line 99, in read_csv
ValueError: no file
after""".splitlines()


def test_a_traceback_is_taken_from_the_other_lines() -> None:
    (found,), rest = take_tracebacks(LOG)
    assert str(found) == "ValueError: no file"
    assert rest == ["reading", "after"]


def test_the_place_is_the_last_frame_in_the_authors_code() -> None:
    (found,), _ = take_tracebacks(LOG)
    assert found.own_place() == "parts.py, line 7"


@pytest.mark.parametrize(
    "file",
    [
        "/usr/lib/python3.11/json/__init__.py",
        "/opt/runner/runner/contract/predictor.py",
        "/opt/predictor/packages/pandas/io.py",
        "/home/a/.cache/runner/environments/x/lib/python3.12/site-packages/numpy/core.py",
        "<frozen runpy>",
    ],
)
def test_control_a_frame_of_a_package_is_no_place_of_the_author(file: str) -> None:
    lines = ["Traceback (most recent call last):", f'  File "{file}", line 1, in f', "KeyError: 1"]
    (found,), _ = take_tracebacks(lines)
    assert found.own_place() is None


def test_a_traceback_whose_end_is_cut_off_has_no_kind() -> None:
    (found,), rest = take_tracebacks(LOG[:5])
    assert found.kind is None
    assert rest == ["reading"]


def test_of_chained_exceptions_each_is_there() -> None:
    chained = [*LOG[1:9], "", "During handling of the above exception:", "", *LOG[1:8], "x.Y: b"]
    found, _ = take_tracebacks(chained)
    assert [str(each) for each in found] == ["ValueError: no file", "x.Y: b"]


def test_the_contracts_note_on_a_column_belongs_to_the_exception() -> None:
    note = "near it is the column 'stats.mean'"
    (found,), rest = take_tracebacks([*LOG[1:8], "KeyError: 'stats.meen'", note])
    assert str(found) == f"KeyError: 'stats.meen'; {note}"
    assert rest == []
