from typing import Any

import pytest

from runner.building.draw import Draw
from runner.errors import UsageError


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"train_runs": 0}, "--train-runs is 0"),
        ({"eval_samples": -1}, "--eval-samples is -1"),
        ({"seed": -1}, "--seed is -1"),
        ({"train_runs": 10**400}, "--train-runs is above 1e308; it must be 1 to 1000000"),
        ({"seed": -(10**400)}, "--seed is below -1e308; it must be 0 to "),
        ({"train_runs": 10**30}, r"--train-runs is 1e\+30; it must be 1 to 1000000"),
        ({"eval_samples": 10**30}, "--eval-samples"),
        ({"seed": 10**30}, "--seed"),
    ],
)
def test_a_number_that_cannot_be_drawn_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Draw(**given)


def test_control_the_smallest_can() -> None:
    assert Draw(train_runs=1, eval_samples=0, seed=0).train_runs == 1
