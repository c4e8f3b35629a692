"""What a report's name says of the options."""

from pathlib import Path
from typing import Any

import pytest

from runner.contract.limits import ALL_GPUS
from runner.evaluation.run_options import RunOptions
from runner.suites.suite import Suite
from tests.helm_builder import write_suite
from tests.suite_builder import build


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    path = tmp_path_factory.mktemp("suite")
    return build(write_suite(path), path / "v1", seed=3)


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
    suite = build(write_suite(tmp_path), tmp_path / "v1", scoring=scoring)
    assert RunOptions(repeat=1).on(suite).asked(suite) == []
    assert RunOptions(repeat=2).on(suite).asked(suite) == ["repeat-2"]
