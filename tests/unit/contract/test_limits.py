import math
from dataclasses import replace
from typing import Any

import pytest

from runner.contract.limits import BOUNDS, Limits


def limits(name: str, value: Any) -> Limits:
    return replace(Limits(), **{name: value})


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("value", [0, -2, math.inf, math.nan, 10.0**24, 10**400, -(10**400)])
def test_a_limit_that_no_engine_can_keep_is_refused(name: str, value: float) -> None:
    if name == "gpus" and value == 0:
        value = -3  # a container without a GPU is no container without limits
    with pytest.raises(ValueError, match=f"{name} is .*; it must be"):
        limits(name, value)


@pytest.mark.parametrize(("name", "bounds"), BOUNDS.items())
def test_control_its_bounds_are_not(name: str, bounds: tuple[float, float]) -> None:
    for value in bounds:
        assert getattr(limits(name, value), name) == value


def test_every_limit_has_bounds() -> None:
    assert BOUNDS.keys() == Limits().to_json().keys()
