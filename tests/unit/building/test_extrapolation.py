"""Divisions that train on what comes first in an order and evaluate what comes last."""

from pathlib import Path
from typing import Any

import pytest

from runner.building.build import build_suite
from runner.building.extrapolation import extrapolate, mean_scores
from runner.errors import SuiteError
from runner.suites.division_spec import Extrapolate
from runner.suites.groups import RunIdentity
from runner.suites.spec_file import make_spec
from runner.suites.suite import Suite
from tests.helm_builder import run_files, stat, write_run
from tests.suite_builder import WARN_ONLY, Said, build

RUNS = {
    f"{scenario}{model}": RunIdentity(scenario, model, f"host/{model}")
    for scenario in "st"
    for model in "ABCDE"
}
"""Runs of two scenarios by five models, named by both."""

RELEASED = {"A": "2024-03-01", "B": "2022-01-01", "C": "2024-11-30", "D": "2023-06-15"}
RELEASED["E"] = "2023-06-15"


def division(**fields: Any) -> Extrapolate:
    return Extrapolate.model_validate({"method": "extrapolate", **fields})


def models(names: tuple[str, ...]) -> set[str]:
    return {name[1] for name in names}


@pytest.mark.parametrize(
    ("share", "evaluated"), [(0.2, "C"), (0.4, "AC"), (0.6, "ACDE"), (0.8, "ACDE"), (0.01, "C")]
)
def test_the_last_models_are_evaluated_and_equal_ones_stay_together(
    share: float, evaluated: str
) -> None:
    (plan,) = extrapolate(RUNS, division(share=share), RELEASED, ())
    assert models(plan.eval) == set(evaluated)
    assert models(plan.train) == set("ABCDE") - set(evaluated)
    latest_train = max(RELEASED[model] for model in models(plan.train))
    assert latest_train < min(RELEASED[model] for model in models(plan.eval))


def test_numbers_are_in_order_as_numbers() -> None:
    values = {"A": 9.0, "B": 10.0, "C": 100.0, "D": -1.0, "E": 2.5}
    (plan,) = extrapolate(RUNS, division(share=0.4), values, ())
    assert models(plan.eval) == {"B", "C"}


def test_a_group_counts_as_the_last_of_it() -> None:
    twins = [["sB", "sC"]]  # the first model and the last one
    (plan,) = extrapolate(RUNS, division(share=0.25), RELEASED, twins)
    assert models(plan.eval) == {"B", "C"}
    (alone,) = extrapolate(RUNS, division(share=0.25), RELEASED, ())
    assert models(alone.eval) == {"C"}  # the control


def test_deployments_can_be_put_in_order() -> None:
    values = {f"host/{model}": value for model, value in RELEASED.items()}
    (plan,) = extrapolate(RUNS, division(share=0.2, by="model_deployment"), values, ())
    assert models(plan.eval) == {"C"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"A": 1.0, "B": 2.0, "C": 3.0}, "no value for D, E. Add a line for each model"),
        (dict.fromkeys("ABCDE", 1.0), "no run is left to train on: all 5 parts come last"),
    ],
)
def test_what_has_no_order_is_refused(values: Any, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        extrapolate(RUNS, division(), values, ())


def test_a_model_without_a_value_is_told_with_the_name_that_was_probably_meant() -> None:
    runs = {name: RunIdentity("s", f"demo/model-{name}", "host/x") for name in "abc"}
    values = {"demo/model-a": 1.0, "demo/model-b": 2.0, "demo/modle-c": 3.0}
    with pytest.raises(SuiteError, match="Was it meant by 'demo/modle-c', which no run has"):
        extrapolate(runs, division(), values, ())
    far = {"demo/model-a": 1.0, "demo/model-b": 2.0, "q": 3.0}  # the control
    with pytest.raises(SuiteError, match=r"Add a line for each model of the runs\.$"):
        extrapolate(runs, division(), far, ())


def test_a_models_mean_score_is_over_what_all_models_have() -> None:
    means = {name: {"exact_match": 0.1 * "ABCDE".index(name[1])} for name in RUNS}
    means["tA"] = {"exact_match": 1.0}  # B lacks the scenario, so that it does not count
    del means["tB"]
    means["sA"]["f1"] = 1.0
    found = mean_scores(RUNS, division(), means)
    assert found == {model: pytest.approx(0.1 * n) for n, model in enumerate("ABCDE")}


def test_models_with_nothing_in_common_have_no_mean_scores() -> None:
    apart = {"sA": RUNS["sA"], "tB": RUNS["tB"]}
    with pytest.raises(SuiteError, match="no scenario and target in common"):
        mean_scores(apart, division(), {name: {"exact_match": 0.5} for name in apart})


def made(root: Path, **fields: Any) -> Suite:
    """Return a suite of five models whose exact match rises with their number."""
    for number in range(5):
        name = f"a:model=m{number}"
        files = run_files(name, stats=[stat("exact_match", 0.1 * number)])
        files["run_spec.json"]["adapter_spec"]["model"] = f"m{number}"
        files["run_spec.json"]["scenario_spec"] = {"class_name": "demo.Same", "args": {}}
        write_run(root / "runs", name, files)
    return build(root / "runs", root / "suite", division={"method": "extrapolate", **fields})


def evaluated(suite: Suite) -> set[str]:
    (case,) = suite.cases
    return {run.model for run in case.eval_runs}


def test_a_suite_evaluates_the_strongest_models_by_their_mean_score(tmp_path: Path) -> None:
    assert evaluated(made(tmp_path, share=0.4)) == {"m3", "m4"}


def test_a_suite_evaluates_the_latest_models_of_a_table(tmp_path: Path) -> None:
    table = tmp_path / "models.csv"
    lines = [f"m{number},{2020 - number}-05-01" for number in range(5)]
    table.write_text("\n".join(["model,released", *lines]))
    order = {"table": str(table), "column": "released"}
    suite = made(tmp_path, share=0.4, order=order)
    assert evaluated(suite) == {"m0", "m1"}
    kept = suite.private_manifest.spec["division"]["order"]["values"]
    assert kept["m4"] == "2016-05-01"
    assert suite.manifest.choices["division"]["order"] == {"column": "released"}


def test_a_suite_is_built_again_when_its_table_has_changed(tmp_path: Path) -> None:
    table = tmp_path / "models.csv"
    digests = []
    for last in ("m4", "m4", "m0"):
        values = {f"m{number}": number for number in range(5)} | {last: 9}
        table.write_text("model,rank\n" + "\n".join(f"{k},{v}" for k, v in values.items()))
        order = {"table": str(table), "column": "rank"}
        if not (tmp_path / "runs").exists():
            made(tmp_path, share=0.2, order=order)
        division = {"method": "extrapolate", "share": 0.2, "order": order}
        suite = build(tmp_path / "runs", tmp_path / "suite", division=division)
        assert evaluated(suite) == {last}
        digests.append(suite.digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_model_of_the_order_that_no_run_has_is_a_warning(tmp_path: Path) -> None:
    made(tmp_path)
    for place, more in (("with", {"m9": 9}), ("without", {})):
        values = {f"m{number}": number for number in range(5)} | more
        given = {"method": "extrapolate", "order": {"column": "rank", "values": values}}
        fields = {**WARN_ONLY, "helm_runs": [str(tmp_path / "runs")], "division": given}
        said = Said()
        build_suite(make_spec({"name": "v", "version": "1", **fields}, "x"), tmp_path / place, said)
        warns = any("no run has the model m9. Leave" in line for line in said.lines)
        assert warns is bool(more)
