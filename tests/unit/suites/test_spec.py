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
