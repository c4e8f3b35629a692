from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from runner.errors import SuiteError
from runner.suites.spec import SuiteSpec
from runner.suites.spec_file import make_spec


def spec(
    division: dict[str, Any], targets: Sequence[str] = ("exact_match",), **scoring: Any
) -> SuiteSpec:
    return SuiteSpec.model_validate(
        {
            "name": "a",
            "version": "1",
            "helm_runs": ["runs"],
            "division": division,
            "targets": targets,
            "scoring": scoring,
        }
    )


LEAVE_ONE_OUT = {"method": "leave_one_out", "by": "model"}
BY_SCENARIO = {"method": "leave_one_out", "by": "scenario"}


@pytest.mark.parametrize("primary", ["pearson", "spearman", "kendall"])
@pytest.mark.parametrize("division", [LEAVE_ONE_OUT, {"method": "k_fold"}])
def test_a_correlation_over_cases_that_share_runs_cannot_be_primary(
    primary: str, division: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError, match="puts targets of several cases in order"):
        spec(division, primary=primary)


@pytest.mark.parametrize(
    ("division", "primary"),
    [(LEAVE_ONE_OUT, "mae"), (BY_SCENARIO, "kendall"), ({"method": "sampled"}, "spearman")],
)
def test_control_other_primary_metrics_can_be(division: dict[str, Any], primary: str) -> None:
    assert spec(division, primary=primary).scoring.primary == primary


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ({"missing": "worst"}, "needs the range"),
        ({"missing": "worst", "range": [1, 0]}, "least, largest"),
        ({"missing": "worst", "range": [0, 1], "primary": "r2"}, "primary must be one of"),
        ({"missing": 0.5}, "void"),
    ],
)
def test_a_missing_target_counts_as_the_worst_of_a_range_and_as_no_other_number(
    scoring: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        spec({"method": "sampled"}, **scoring)


HUGE = 10**30


def made(**fields: Any) -> SuiteSpec:
    return make_spec({"name": "a", "version": "1", "helm_runs": ["runs"], **fields}, "the test")


def divided(method: str, **fields: Any) -> dict[str, Any]:
    return {"division": {"method": method, **fields}}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"seed": HUGE}, "seed"),
        ({"revealed": {"instances": HUGE}}, r"revealed\.instances"),
        ({"revealed": {"instances": [1, HUGE]}}, r"revealed\.instances, item 2"),
        ({"revealed": {"instances": list(range(101))}}, r"revealed\.instances"),
        (divided("sampled", train_runs=HUGE), r"division\.train_runs"),
        (divided("k_fold", folds=HUGE), r"division\.folds"),
        (divided("holdout", cases=HUGE), r"division\.cases"),
        (divided("holdout", replicates=HUGE), r"division\.replicates"),
        (divided("sampled", replicates=0), r"division\.replicates"),
    ],
)
def test_a_number_that_no_suite_can_have_is_refused_where_it_stands(
    fields: dict[str, Any], place: str
) -> None:
    with pytest.raises(SuiteError, match=f"{place}: .*should .*not "):
        made(**fields)


def test_control_the_largest_numbers_are_taken() -> None:
    division = {"method": "sampled", "train_runs": 10**6, "replicates": 1000}
    spec = made(seed=2**63 - 1, division=division, revealed={"instances": [0, 10**9]})
    assert spec.revealed.budgets == (0, 10**9)


@pytest.mark.parametrize("instances", [[4, 2], [2, 2], []])
def test_budgets_that_do_not_increase_are_refused(instances: list[int]) -> None:
    with pytest.raises(SuiteError, match=r"revealed\.instances"):
        made(revealed={"instances": instances})


@pytest.mark.parametrize("instances", ["all", 0])
def test_replicates_that_would_all_be_the_same_are_refused(instances: Any) -> None:
    division = {"method": "leave_one_out", "by": "run", "replicates": 3}
    with pytest.raises(SuiteError, match=r"division\.replicates: with leave_one_out only"):
        made(division=division, revealed={"instances": instances})
    made(division=division, revealed={"instances": [0, 1]})  # the control: these are drawn
    made(division={"method": "k_fold", "replicates": 3}, revealed={"instances": instances})


def test_units_are_not_added_unless_the_spec_says_how() -> None:
    targets = ["exact_match", "inference_runtime"]
    with pytest.raises(ValidationError, match=r"shares \(exact_match\) and seconds"):
        spec({"method": "sampled"}, targets)
    said = spec({"method": "sampled"}, targets, primary="skill", normalise="skill")
    assert said.scored_stats == ("exact_match", "inference_runtime")


def test_normalised_skills_are_of_a_primary_that_is_a_skill() -> None:
    with pytest.raises(ValidationError, match="set primary to skill or sample_skill"):
        spec({"method": "sampled"}, primary="mae", normalise="skill")


@pytest.mark.parametrize(("field", "value"), [("units", "metres"), ("stat_weights", 2)])
def test_what_is_said_of_a_stat_is_of_a_target(field: str, value: Any) -> None:
    wrong, right = ({field: {stat: value}} for stat in ("exact_mach", "exact_match"))
    with pytest.raises(ValidationError, match="'exact_mach' is no target of the suite"):
        spec({"method": "sampled"}, ("exact_match",), **wrong)
    spec({"method": "sampled"}, ("exact_match",), **right)  # the control


NUMBERS = [
    (divided("sampled", replicates=2), "division", "replicates"),
    (divided("sampled", train_runs=2), "division", "train_runs"),
    (divided("k_fold", folds=2), "division", "folds"),
    (divided("holdout", share=0.5), "division", "share"),
    (divided("holdout", cases=2), "division", "cases"),
    (divided("extrapolate", share=0.5), "division", "share"),
    ({"revealed": {"instances": 2}}, "revealed", "instances"),
    ({"limits": {"wall_seconds": 2}}, "limits", "wall_seconds"),
    ({"limits": {"pids": 2}}, "limits", "pids"),
    ({"scoring": {"tolerance": 0.5}}, "scoring", "tolerance"),
    ({"scoring": {"range": [0, 2]}}, "scoring", "range"),
    ({"scoring": {"stat_weights": {"exact_match": 2}}}, "scoring", "stat_weights"),
    ({"scoring": {"scenario_weights": {"a": 2}}}, "scoring", "scenario_weights"),
]


def with_value(given: Any, value: Any) -> Any:
    """Return what is like the given, with this value for its last number."""
    if isinstance(given, dict):
        return {name: with_value(each, value) for name, each in given.items()}
    return [*given[:-1], value] if isinstance(given, list) else value


@pytest.mark.parametrize("value", [True, "3"])
@pytest.mark.parametrize(("fields", "part", "name"), NUMBERS)
def test_a_number_is_neither_a_text_nor_true(
    fields: dict[str, Any], part: str, name: str, value: Any
) -> None:
    assert made(**fields)  # the control
    wrong = {part: {**fields[part], name: with_value(fields[part][name], value)}}
    with pytest.raises(SuiteError, match=rf"{part}\.{name}"):
        made(**wrong)


@pytest.mark.parametrize("seed", [True, "3"])
def test_a_seed_is_neither_a_text_nor_true(seed: Any) -> None:
    with pytest.raises(SuiteError, match="seed"):
        made(seed=seed)


@pytest.mark.parametrize("instances", [[True, 2], [1, "2"]])
def test_a_budget_is_neither_a_text_nor_true(instances: Any) -> None:
    with pytest.raises(SuiteError, match=r"revealed\.instances"):
        made(revealed={"instances": instances})


@pytest.mark.parametrize("flag", ["prompts", "completions", "references", "gold", "scores"])
@pytest.mark.parametrize("value", ["yes", 1])
def test_a_flag_is_true_or_false(flag: str, value: Any) -> None:
    with pytest.raises(SuiteError, match=rf"revealed\.{flag}"):
        made(revealed={flag: value})
    assert made(revealed={flag: True})  # the control


def test_no_model_stands_at_true_in_an_order() -> None:
    order = {"column": "size", "values": {"a": True, "b": 2}}
    with pytest.raises(SuiteError, match="should be a number or a date"):
        made(**divided("extrapolate", order=order))


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ({"stat_weights": {"exact_match": 0}}, "all stats that mae is of have the weight 0"),
        ({"stat_weights": {"exact_match": 1e308}}, "should be 0, or from 1e-09 to 1e"),
        ({"stat_weights": {"exact_match": 1e-308}}, "should be 0, or from 1e-09 to 1e"),
        ({"scenario_weights": {"a": -1}}, "should be 0, or from 1e-09 to 1e"),
        ({"scenario_weights": {"a": float("nan")}}, "should be 0, or from 1e-09 to 1e"),
        ({"tolerance": 1e308}, "less than or equal to 1"),
        ({"tolerance": -1}, "greater than or equal to 0"),
        ({"range": [-1e308, 1e308]}, "greater than or equal to -1"),
        ({"range": [0, 1e-300]}, "1e-09 wide at least"),
        ({"units": {"exact_match": "  "}}, "at least 1 character"),
    ],
)
def test_scoring_numbers_have_bounds(scoring: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        made(scoring=scoring)


@pytest.mark.parametrize(
    "scoring",
    [
        {"stat_weights": {"exact_match": 1e-9}},
        {"scenario_weights": {"a": 1e9, "b": 0}},
        {"tolerance": 0, "range": [-1e15, 1e15]},
        {"units": {"exact_match": " shares "}},
    ],
)
def test_control_numbers_at_the_bounds_are_taken(scoring: dict[str, Any]) -> None:
    assert made(scoring=scoring)
