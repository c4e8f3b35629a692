from dataclasses import replace

import pytest

from runner.contract.limits import MIB, Limits
from runner.sandbox.resources import ResourceUse, forecast

LIMITS = Limits(wall_seconds=100, memory_bytes=200 * MIB, output_bytes=10 * MIB, output_files=10)
USE = ResourceUse(
    wall_seconds=10,
    output_bytes=MIB,
    output_files=1,
    cpu_seconds=9.0,
    peak_memory_bytes=20 * MIB,
    is_sampled=False,
)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (replace(USE, wall_seconds=71), "took 71 s, 71% of the wall time"),
        (replace(USE, peak_memory_bytes=142 * MIB), "used 142 MiB, 71% of the memory limit"),
        (replace(USE, output_bytes=8 * MIB), "wrote 8 MiB, 80% of what /output holds"),
        (replace(USE, output_files=8), "wrote 8 of at most 10 files to /output"),
    ],
)
def test_above_70_percent_of_a_limit_there_is_a_forecast(use: ResourceUse, said: str) -> None:
    assert list(forecast(use, LIMITS)) == [said]


def test_a_short_time_is_not_told_as_0_seconds() -> None:
    limits = replace(LIMITS, wall_seconds=0.01)
    said = list(forecast(replace(USE, wall_seconds=0.066), limits))
    assert said == ["took 0.066 s, 660% of the wall time"]


def test_control_up_to_70_percent_there_is_none() -> None:
    use = replace(
        USE,
        wall_seconds=70,
        peak_memory_bytes=140 * MIB,
        output_bytes=7 * MIB,
        output_files=7,
    )
    assert list(forecast(use, LIMITS)) == []


def test_what_was_never_measured_is_not_forecast() -> None:
    assert list(forecast(replace(USE, peak_memory_bytes=None), LIMITS)) == []
