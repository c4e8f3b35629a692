from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from runner.submissions.rules import LONGEST_PERIOD, MOST, Rules


@pytest.mark.parametrize("hours", [0, -1, 99_999_999, 1e300, float("inf"), float("nan")])
def test_a_period_that_no_date_can_be_counted_back_by_is_refused(hours: float) -> None:
    with pytest.raises(ValidationError):
        Rules(period_hours=hours, seed="s")


def test_control_the_longest_period_can_be_counted_back() -> None:
    began = datetime.now(UTC) - Rules(period_hours=LONGEST_PERIOD, seed="s").period
    assert began.year > 1900


@pytest.mark.parametrize("field", ["evaluations", "failures", "step"])
def test_a_number_that_nothing_reaches_is_refused(field: str) -> None:
    with pytest.raises(ValidationError):
        Rules.model_validate({field: 10**30, "seed": "s"})
    assert Rules.model_validate({field: MOST, "seed": "s"})  # the control
