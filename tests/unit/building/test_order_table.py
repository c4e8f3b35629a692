import os
import re
from pathlib import Path
from typing import Any

import pytest

from runner.building.order_table import read_order
from runner.errors import SuiteError
from runner.suites.division_spec import order_value
from runner.suites.spec import SuiteSpec
from runner.suites.spec_file import make_spec, read_spec


def spec(**order: Any) -> SuiteSpec:
    division = {"method": "extrapolate", "order": {"column": "released", **order}}
    return make_spec(
        {"name": "a", "version": "1", "helm_runs": ["runs"], "division": division}, "the test"
    )


def values(made: SuiteSpec) -> Any:
    return made.model_dump()["division"]["order"]["values"]


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        ("model,released\na,2024-01-31\nb,2023-12-01\n", {"a": "2024-01-31", "b": "2023-12-01"}),
        ("\ufeffreleased,model,more\r\n7,a,x\r\n-1.5,b,y\r\n", {"a": 7.0, "b": -1.5}),
        ('model,released\n"a, b",1\n"a, b",1\n', {"a, b": 1.0}),
    ],
)
def test_a_tables_values_are_read(tmp_path: Path, lines: str, read: dict[str, Any]) -> None:
    (tmp_path / "t.csv").write_text(lines, encoding="utf-8", newline="")
    assert values(read_order(spec(table=str(tmp_path / "t.csv")))) == read


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (None, "can't be read as CSV"),
        ("", "has no column 'model'. It has: no columns"),
        ("model,date\n", "has no column 'released'. It has: model, date"),
        ("model,released\na,soon\n", "line 2: released should be a number or a date like"),
        ("model,released\na,1\nb,1_0\n", "line 3: released should be a number or a date"),
        ("model,released\na,٤\n", "line 2: released should be a number or a date"),
        ("model,released\na,2024-W01-1\n", "line 2: released should be a number or a date"),
        ("model,released\na,٢٠٢٤-01-01\n", "line 2: released should be a number or a date"),
        ("model,released,released\na,1,2\n", "line 1: the column 'released' stands twice"),
        ("model,x,x,released\na,1,2,3\n", "line 1: the column 'x' stands twice"),
        ("model,released\na,nan\n", "line 2: released should be a number or a date"),
        ("model,released\na\n", "line 2: released should be a number or a date"),
        ("model,released\na,1\na,2\n", "line 3: a stands there again, with another released"),
        ("model,released\na,1\nb,2024-01-01\n", "has numbers and dates"),
    ],
)
def test_a_table_that_gives_no_order_is_refused_with_its_place(
    tmp_path: Path, lines: str | None, said: str
) -> None:
    if lines is not None:
        (tmp_path / "t.csv").write_text(lines, encoding="utf-8")
    with pytest.raises(SuiteError, match=re.escape(said)) as refused:
        read_order(spec(table=str(tmp_path / "t.csv")))
    assert "division.order.table" in str(refused.value)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({}, "division.order: should be mean_score, or a column with either table, a CSV file"),
        ({"table": "a.csv", "values": {"a": 1}}, "should be mean_score, or a column with either"),
        ({"column": "mean_score", "table": "a.csv"}, "should be mean_score, or a column with"),
        ({"values": {"a": "soon"}}, "should be a number or a date like 2024-07-18, not 'soon'"),
        ({"values": {"a": True}}, "should be a number or a date like 2024-07-18, not True"),
        ({"values": {"a": "1_0"}}, "should be a number or a date like 2024-07-18, not '1_0'"),
        ({"values": {"a": 1, "b": "2024-07-18"}}, "released has numbers and dates"),
    ],
)
def test_an_order_in_the_spec_that_is_none_is_refused(order: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=re.escape(said)):
        spec(**order)


@pytest.mark.timeout(10)  # a pipe that is opened waits for ever
def test_a_pipe_is_no_table(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(SuiteError, match=r"no file, e\.g\. a pipe"):
        read_order(spec(table=str(tmp_path / "t.csv")))


@pytest.mark.parametrize(
    ("text", "value"), [("+1.5e2", 150.0), (".5", 0.5), (" 3. ", 3.0), (2, 2.0), (0.25, 0.25)]
)
def test_control_plain_numbers_are_values(text: object, value: float) -> None:
    assert order_value(text) == value


def test_values_in_the_spec_stay_as_they_are() -> None:
    given = spec(values={"a": "2024-07-18", "b": "2023-01-01"})
    assert read_order(given) == given


def test_a_table_is_named_relative_to_the_spec(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("model,released\na,1\n")
    (tmp_path / "spec.yaml").write_text(
        "{name: a, version: '1', helm_runs: [runs], division: "
        "{method: extrapolate, order: {table: t.csv, column: released}}}"
    )
    assert values(read_order(read_spec(tmp_path / "spec.yaml"))) == {"a": 1.0}
