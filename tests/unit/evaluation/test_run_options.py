"""What a report's name says of the options."""

from pathlib import Path
from typing import Any

import pytest

from runner.contract.limits import ALL_GPUS
from runner.evaluation.run_options import RunOptions
from runner.suites.suite import Suite
from tests.suite_builder import shared_suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite(seed=3)


ASKED: list[tuple[dict[str, Any], list[str]]] = [
    ({"seed": 7}, ["seed-7"]),
    ({"wall_seconds": 0.01}, ["wall-seconds-0.01"]),
    ({"memory_mib": 1024}, ["memory-mib-1024"]),
    ({"cpus": 0.5}, ["cpus-0.5"]),
    ({"runtime": "runsc"}, ["runtime-runsc"]),
    ({"gpus": 1}, ["gpus-1"]),
    ({"gpus": ALL_GPUS}, ["gpus-all"]),
    ({"repeat": 2, "shuffle": True, "probe": True}, ["repeat-2", "shuffle", "probe"]),
]


@pytest.mark.parametrize(("options", "asked"), ASKED)
def test_what_was_asked_for_besides_the_suites_own_settings_is_named(
    suite: Suite, options: dict[str, Any], asked: list[str]
) -> None:
    assert RunOptions(**options).on(suite).asked(suite) == asked


def test_control_the_suites_own_settings_and_a_rerun_ask_for_nothing(suite: Suite) -> None:
    assert RunOptions(rerun=True).on(suite).asked(suite) == []
    assert RunOptions(seed=3, memory_mib=2048, cpus=1).on(suite).asked(suite) == []


def test_the_repetition_that_a_suite_requires_is_its_own(tmp_path: Path) -> None:
    scoring = {"determinism": "byte_equal"}
    suite = shared_suite(scoring=scoring)
    assert RunOptions(repeat=1).on(suite).asked(suite) == []
    assert RunOptions(repeat=2).on(suite).asked(suite) == ["repeat-2"]


@pytest.mark.parametrize(("of_suite", "asked", "given"), [(1, None, 1), (1, 0, 0), (0, 2, 2)])
def test_the_suite_says_how_many_gpus_there_are_unless_the_option_does(
    of_suite: int, asked: int | None, given: int, tmp_path: Path
) -> None:
    suite = shared_suite(limits={"gpus": of_suite})
    settings = RunOptions(gpus=asked).on(suite)
    assert settings.policy.limits.gpus == given
    assert settings.asked(suite) == ([] if given == of_suite else [f"gpus-{given}"])
