from pathlib import Path
from typing import Any

import pytest

import runner
from runner.errors import UsageError


class Constant(runner.Predictor):
    """Predicts one value."""

    def predict_run(self, _case: Any) -> dict[str, list[runner.Stat]]:
        return {}


WRONG: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any], str]] = {
    "an image that is a path": (runner.evaluate, (Path("random"), "demo"), {}, "images"),
    "an image that is None": (runner.evaluate, ([None], "demo"), {}, "images"),
    "a fraction as a seed": (runner.evaluate, ("a", "demo"), {"seed": 1.5}, "seed"),
    "a text as a seed": (runner.evaluate, ("a", "demo"), {"seed": "1"}, "seed"),
    "no GPUs": (runner.evaluate, ("a", "demo"), {"gpus": None}, "gpus"),
    "a word as an executor": (runner.evaluate, ("a", "demo"), {"executor": "local"}, "executor"),
    "a class as an executor": (
        runner.evaluate,
        ("a", "demo"),
        {"executor": runner.Local},
        "executor",
    ),
    "no announce": (runner.evaluate, ("a", "demo"), {"announce": None}, "announce"),
    "a class as a predictor": (runner.try_predictor, (Constant, "demo"), {}, "predictor"),
    "a function as a predictor": (runner.try_predictor, (lambda _: {}, "demo"), {}, "predictor"),
    "a number as a suite": (runner.open_suite, (3,), {}, "name"),
    "a text as a case": (runner.score, ("case-1", {}), {}, "case"),
    "one report": (runner.rank_reports, (None,), {}, "reports"),
    "a number as a report": (runner.verify_report, (3,), {}, "report"),
}


@pytest.mark.parametrize(("function", "given", "named", "name"), WRONG.values(), ids=WRONG.keys())
def test_an_argument_of_a_wrong_type_is_named(
    function: Any, given: tuple[Any, ...], named: dict[str, Any], name: str
) -> None:
    with pytest.raises(UsageError, match=f"^{function.__name__}: {name} should be "):
        function(*given, **named)


def test_scores_made_in_this_process_are_not_ranked() -> None:
    with pytest.raises(UsageError, match="at least one report"):
        runner.rank_reports([])


def test_a_closed_suite_says_so() -> None:
    with runner.open_suite("demo") as suite:
        case = suite.cases[0]
        assert case.targets
    assert "OpenedSuite" in repr(suite)
    for use in (lambda: case.inputs, lambda: suite.cases, lambda: runner.audit_suite(suite)):
        with pytest.raises(runner.SuiteError, match="has been closed"):
            use()
