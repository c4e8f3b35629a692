from collections.abc import Callable
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
    "a word for GPUs": (runner.evaluate, ("a", "demo"), {"gpus": "all"}, "gpus"),
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
    "a number as results": (runner.rescore, (5, "demo"), {}, "results"),
    "a list as results": (runner.rescore, ([], "demo"), {}, "results"),
    "a number as a key": (runner.rescore, ("results", "demo"), {"sign_with": 5}, "sign_with"),
    "a text as jobs": (runner.Local, (), {"jobs": ""}, "jobs"),
    "an object as jobs": (runner.Local, (), {"jobs": object()}, "jobs"),
    "a number as a budget": (runner.Local, (), {"budget": 4}, "budget"),
    "an object as a shared place": (runner.Ray, (object(),), {}, "shared"),
    "a number as an address": (runner.Ray, ("shared",), {"address": 1}, "address"),
    "a number as a report": (runner.verify_report, (3,), {}, "report"),
}


@pytest.mark.parametrize(("function", "given", "named", "name"), WRONG.values(), ids=WRONG.keys())
def test_an_argument_of_a_wrong_type_is_named(
    function: Any, given: tuple[Any, ...], named: dict[str, Any], name: str
) -> None:
    with pytest.raises(UsageError, match=f"^{function.__name__}: {name} should be "):
        function(*given, **named)


@pytest.mark.parametrize("jobs", [0, -1])
def test_less_than_one_case_at_a_time_is_refused(jobs: int) -> None:
    for make in (lambda: runner.Local(jobs=jobs), lambda: runner.Ray("shared", jobs=jobs)):
        with pytest.raises(UsageError, match=f"is {jobs}; at least 1 case"):
            make()


def test_control_executors_are_made_of_what_fits() -> None:
    assert runner.Local(2, "cpus=2").choose().jobs == 2
    assert runner.Ray(Path("shared"), "head:1", 3).choose().shared == "shared"


SPEC = {"name": "x", "version": "1", "helm_runs": ["runs"]}

PLACES: dict[str, Callable[[Any], object]] = {
    "a report": runner.read_report,
    "a report to verify": runner.verify_report,
    "a key": lambda bad: runner.verify_report("report", key=bad),
    "a spec": lambda bad: runner.build_suite(bad, "out"),
    "a suite's place": lambda bad: runner.build_suite(SPEC, bad),
    "results": lambda bad: runner.rescore(bad, "demo"),
    "a suite to score on": lambda bad: runner.rescore(".", bad),
    "a signing key": lambda bad: runner.rescore(".", "demo", sign_with=bad),
    "a suite": runner.open_suite,
    "a suite to audit": runner.audit_suite,
    "a suite to evaluate on": lambda bad: runner.evaluate("image", bad),
    "a folder of runs": lambda bad: runner.open_suite("x", root_dir=bad),
    "reports": runner.rank_reports,
    "submitters": lambda bad: runner.rank_reports(".", submitters=bad),
}


@pytest.mark.parametrize("give", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize(
    ("bad", "why"), [("a\0b", "has a null byte"), ("a\ud800b", "a lone surrogate")]
)
def test_what_no_file_can_be_called_is_refused(
    give: Callable[[Any], object], bad: str, why: str
) -> None:
    for given in (bad, Path(bad)):
        with pytest.raises(UsageError, match=f"should be .*a path or a URL, but .*{why}"):
            give(given)


LOCAL: dict[str, Callable[[Any], object]] = {
    "a suite's directory": lambda url: runner.build_suite({"name": "a"}, url),
    "a spec": lambda url: runner.build_suite(url, "suite"),
    "a private half": lambda url: runner.open_suite("demo", private=url),
    "submitters": lambda url: runner.rank_reports(".", submitters=url),
    "a key": lambda url: runner.verify_report(".", key=url),
}


@pytest.mark.parametrize("give", LOCAL.values(), ids=LOCAL.keys())
def test_a_url_in_the_place_of_a_path_is_refused_and_makes_no_folder(
    give: Callable[[Any], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"a path on this machine, but 's3://bucket/a' is a URL"):
        give("s3://bucket/a")
    assert not list(tmp_path.iterdir())


LONG = PLACES.keys() - {"a report to verify"}  # that one returns it as a fault


@pytest.mark.parametrize("place", sorted(LONG))
def test_a_name_that_is_too_long_is_no_bug(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for long in ("a" * 256, "a" * 5000):
        with pytest.raises(runner.RunnerError):
            PLACES[place](long)
    with pytest.raises(UsageError, match="too long for a path"):
        runner.open_suite("a" * 256)


def test_control_the_longest_name_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(runner.SuiteError, match="no such file or directory"):
        runner.open_suite("é" * 127)


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
