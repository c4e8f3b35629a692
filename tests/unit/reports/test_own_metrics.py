"""An organizer's own metrics: a fault of one costs its value, and nothing else."""

import json
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import runner
from runner.cli.evaluation_text import EvaluationPrinter
from runner.cli.live.display import LineDisplay
from runner.cli.main import cli
from runner.contract.stat import Stat
from runner.errors import SuiteError, UsageError
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.evaluation.passes import Pass
from runner.reports.own_metrics import OwnMetric, measure, metric, read_own_metrics
from runner.reports.report import Report
from runner.reports.report_directory import write_evaluation
from runner.suites.spec_file import make_spec
from tests.unit.reports.builder import NAME, evaluation, make_report

PREDICTED = Stat(NAME, count=1, mean=0.75)
MINE = """
import runner

@runner.metric(name="far off", unit="share of targets", better="lower")
def far_off(records):
    print("a word of the function")
    return (records["error"].abs() > 0.1).mean()

@runner.metric(name="broken", unit="none", better="higher")
def broken(records):
    return records["no such column"].mean()

def plain(records):
    return 0.5
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Return the name of a module in the current directory; Python imports each name once."""
    name = "mine_" + "".join(c if c.isalnum() else "_" for c in request.node.name)
    (tmp_path / f"{name}.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return name


def own(function: Any, name: str = "mine") -> OwnMetric:
    return metric(name=name, unit="none", better="lower")(function)


def scored() -> Report:
    """Return a report of one target: predicted 0.75, actual 0.5."""
    return make_report(predicted=PREDICTED)


def test_a_metric_is_given_the_records_and_its_value_is_returned() -> None:
    def largest(records: pd.DataFrame) -> float:
        return float(records["error"].abs().max())

    found = measure(scored(), own(largest))
    assert (found.value, found.fault) == (0.25, None)
    assert str(found) == "mine 0.2500 none (lower is better)"


def raise_key_error(records: pd.DataFrame) -> float:
    return float(records["no such column"].mean())


def leave(_: pd.DataFrame) -> float:
    sys.exit(3)


def raise_base_exception(_: pd.DataFrame) -> float:
    raise BaseException("x")  # noqa: TRY002


class NoFloat(Fraction):
    """A number that can't be read."""

    def __float__(self) -> float:
        raise RuntimeError("none")


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (raise_key_error, "it raised KeyError in "),
        (leave, "it raised SystemExit in test_own_metrics.py:"),
        (lambda _: "0.5", "it returned str, not a number"),
        (lambda _: None, "it returned NoneType, not a number"),
        (lambda _: True, "it returned bool, not a number"),
        (lambda records: records["error"], "it returned Series, not a number"),
        (lambda _: float("nan"), "it returned nan"),
        (lambda _: float("-inf"), "it returned -inf"),
        (lambda: 0.5, "it raised TypeError"),
        (lambda _: 10**400, "it returned int that no float can hold (int too large"),
        (lambda _: Fraction(10**400), "it returned Fraction that no float can hold (integer"),
        (lambda _: Decimal("sNaN"), "it returned Decimal that no float can hold (cannot"),
        (lambda _: Decimal("1e400"), "it returned inf"),
        (lambda _: np.float32("nan"), "it returned nan"),
        (lambda _: np.True_, "it returned bool"),
        (lambda _: 1j, "it returned complex, not a number"),
        (lambda _: NoFloat(1), "it returned NoFloat that no float can hold (none)"),
        (raise_base_exception, "it raised BaseException in test_own_metrics.py:"),
    ],
)
def test_a_function_that_fails_costs_its_value_and_says_why(
    function: Any, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    found = measure(scored(), own(function))
    assert found.value is None
    assert fault in str(found.fault)
    assert "runner report DIR --metrics" in str(found.fault)


def test_a_fault_says_where_its_traceback_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    found = measure(scored(), own(raise_key_error))
    (log,) = (path for path in tmp_path.rglob("*.log"))
    assert str(log) in str(found.fault)
    assert "no such column" in log.read_text()


@pytest.mark.parametrize(
    "value",
    [
        1,
        0.5,
        pd.Series([0.5]).mean(),
        np.float32(0.5),
        np.int64(2),
        Fraction(1, 2),
        Decimal("0.5"),
        10**300,
    ],
)
def test_control_numbers_of_all_kinds_are_values(value: Any) -> None:
    assert measure(scored(), own(lambda _: value)).value == float(value)


def test_an_interrupt_is_no_fault_of_a_metric(place: str, tmp_path: Path) -> None:
    def interrupt(_: pd.DataFrame) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(scored(), own(interrupt))
    (tmp_path / f"{place}.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        read_own_metrics((f"{place}:far_off",))


def test_a_report_that_is_not_scored_has_no_value() -> None:
    case = scored().cases[0].model_copy(update={"outcome": "failed"})
    failed = scored().model_copy(update={"cases": (case,)})
    found = measure(failed, own(lambda _: 0.5))
    assert (found.value, found.fault) == (None, "not every case was scored")


def test_what_one_metric_does_to_the_records_no_other_sees() -> None:
    def spoil(records: pd.DataFrame) -> float:
        records["error"] = 7.0
        return float(records["error"].sum())

    report = scored()
    assert measure(report, own(spoil)).value == 7
    assert measure(report, own(lambda records: records["error"].sum())).value == 0.25


def test_what_a_function_prints_is_not_mixed_with_json(place: str, tmp_path: Path) -> None:
    write_evaluation(evaluation(scored()), tmp_path / "image")
    shown = run("report", tmp_path / "image", "--metrics", f"{place}:far_off", "--json")
    assert json.loads(shown.stdout)["own_metrics"] == [
        {
            "metric": "far off",
            "unit": "share of targets",
            "better": "lower",
            "value": 1.0,
            "fault": None,
        }
    ]
    assert "a word of the function" in shown.stderr


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments], standalone_mode=False)


def test_a_broken_metric_leaves_all_else_of_a_report_shown(place: str, tmp_path: Path) -> None:
    write_evaluation(evaluation(scored()), tmp_path / "image")
    both = ("--metrics", f"{place}:broken", "--metrics", f"{place}:far_off")
    shown = run("report", tmp_path / "image", *both)
    assert shown.return_value == 2
    assert "MAE" in shown.stdout
    assert "broken - (it raised KeyError" in shown.stdout
    assert "far off 1.0000 share of targets (lower is better)" in shown.stdout
    good = run("report", tmp_path / "image", *both[2:])
    assert good.return_value == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_an_evaluation_is_printed_with_its_own_metrics_also_if_one_fails(
    place: str, as_json: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    metrics = read_own_metrics((f"{place}:broken", f"{place}:far_off"))
    EvaluationPrinter(LineDisplay(), as_json, False, False, metrics).see_evaluation(
        FinishedEvaluation(cast("Pass", None), tmp_path, scored())
    )
    shown = capsys.readouterr()
    lines = shown.err if as_json else shown.out
    assert "broken - (it raised KeyError" in lines
    assert "far off 1.0000 share of targets" in lines
    assert ("report:" in shown.out) is not as_json


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mine", "is not MODULE:FUNCTION"),
        (":far_off", "is not MODULE:FUNCTION"),
        ("mine:", "is not MODULE:FUNCTION"),
        ("mine:a.b", "is not MODULE:FUNCTION"),
        ("no_such_module:far_off", "can't be imported (ModuleNotFoundError: No module named"),
        (".relative:far_off", "can't be imported (TypeError"),
        ("{}:no_such_name", "no_such_name is not in it"),
        ("{}:plain", "plain is no metric"),
    ],
)
def test_what_is_no_metric_is_refused_beforehand(place: str, text: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_own_metrics((text.format(place),))
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("import", "SyntaxError: invalid syntax"),
        ("1 / 0", "ZeroDivisionError in {}.py:1: division by zero"),
        ("raise BaseException('x')", "BaseException in {}.py:1: x"),
        ("import sys; sys.exit(4)", "SystemExit in {}.py:1: 4"),
        ("import runner; runner.metric(name='', unit='x', better='lower')", "name is ''"),
        ("import runner; runner.metric(name='x', unit='x', better='up')", "better='up'"),
    ],
)
def test_a_module_that_fails_is_refused_beforehand(
    place: str, tmp_path: Path, content: str, why: str
) -> None:
    (tmp_path / f"{place}.py").write_text(content)
    with pytest.raises(UsageError) as refused:
        read_own_metrics((f"{place}:far_off",))
    assert why.format(place) in str(refused.value)
    assert "must work here" in str(refused.value)


def test_control_a_metric_of_the_current_directory_is_found(place: str) -> None:
    (found,) = read_own_metrics((f"{place}:far_off",))
    assert (found.name, found.unit, found.better) == ("far off", "share of targets", "lower")
    assert str(Path.cwd()) not in sys.path


def test_closed_evaluations_show_no_metric_of_the_organizers_own(place: str) -> None:
    shown = run("evaluate", "image", "--suite", "demo", "--closed", "--metrics", f"{place}:far_off")
    assert isinstance(shown.exception, UsageError)
    assert "--metrics shows what --closed withholds" in str(shown.exception)


def test_python_measures_with_the_same_metric() -> None:
    report = runner.OpenedReport(scored(), Path("image"))

    @runner.metric(name="far off", unit="share of targets", better="lower")
    def far_off(records: pd.DataFrame) -> float:
        return float((records["error"].abs() > 0.1).mean())

    assert report.measure(far_off).value == 1


@pytest.mark.parametrize("given", [None, raise_key_error, OwnMetric])
def test_python_says_of_what_is_no_metric_what_makes_one(given: Any) -> None:
    report = runner.OpenedReport(scored(), Path("image"))
    with pytest.raises(
        UsageError, match=r"is no metric\. Write above the function: @runner\.metric"
    ):
        report.measure(given)


@pytest.mark.parametrize("where", ["", "scoring"])
def test_no_file_of_a_suite_names_a_metric(where: str) -> None:
    named = {"metrics": ["mine:far_off"]}
    fields = {"name": "v", "version": "1", "helm_runs": ["runs"]}
    assert make_spec(fields, "the test")  # control
    with pytest.raises(SuiteError, match="metrics"):
        make_spec({**fields, **({where: named} if where else named)}, "the test")
