from typing import Any

import pytest
from pydantic import ValidationError

from runner.suites.spec import SuiteSpec


def spec(division: dict[str, Any], **scoring: Any) -> SuiteSpec:
    return SuiteSpec.model_validate(
        {
            "name": "a",
            "version": "1",
            "helm_runs": ["runs"],
            "division": division,
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
