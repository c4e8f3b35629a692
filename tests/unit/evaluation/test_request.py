"""A request refuses what contradicts itself."""

import math
from pathlib import Path
from typing import Any

import pytest

from runner.building.draw import Draw
from runner.errors import UsageError
from runner.evaluation.request import ExecutorChoice, Request
from runner.evaluation.run_options import RunOptions

IMAGES: dict[str, Any] = {"images": ("a", "b")}
ONE_SUITE: dict[str, Any] = {"suites": ("mmlu",)}
LIST: dict[str, Any] = {"images": (), "submissions_file": Path("list.yaml")}

CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no image": ({"images": ()}, "Name images"),
    "images and a list of them": ({**LIST, "images": ("a",)}, "Name images"),
    "a submitter and a list of them": ({**LIST, "submitter": "x"}, "Name images"),
    "a private half of two suites": ({"suites": ("a", "b"), "private": Path("x")}, "--private"),
    "an empty image": ({"images": ("a", "")}, "empty name"),
    "an empty suite": ({"suites": ("",)}, "empty name"),
    "a suite twice": ({"suites": ("a", "a")}, "twice"),
    "an empty submitter": ({"submitter": " "}, "--submitter is empty"),
    "a submitter of two scripts": ({"submitter": "te\u0430m"}, "--submitter: .* mixes scripts"),
    "a submitter of other bytes": ({"submitter": "caf\udce9"}, "no valid UTF-8"),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_what_contradicts_itself_is_refused(what: str) -> None:
    parts, message = CONTRADICTIONS[what]
    with pytest.raises(UsageError, match=message):
        Request(**{**IMAGES, **ONE_SUITE, **parts})


@pytest.mark.parametrize(
    "parts", [{}, LIST, {"submitter": "x"}, {"private": Path("x")}, {"draw": Draw(1, 0, 0, ("f",))}]
)
def test_control_what_goes_together_is_taken(parts: dict[str, Any]) -> None:
    Request(**{**IMAGES, **ONE_SUITE, **parts})


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"executor": "ray"}, "needs --shared"),
        ({"executor": "ray", "shared": "x", "budget": "cpus=1"}, "--budget is for this machine"),
        ({"shared": "x"}, "--shared is for --executor ray"),
        ({"address": "x:1"}, "--address is for --executor ray"),
        ({"jobs": 0}, "--jobs is 0"),
    ],
)
def test_options_of_one_executor_are_refused_for_the_other(
    parts: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        ExecutorChoice(**parts)


def test_control_each_executor_takes_its_own_options() -> None:
    ExecutorChoice(jobs=2, budget="cpus=1")
    ExecutorChoice("ray", address="x:1", shared="x", jobs=2)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"wall_seconds": 0.0}, "--wall-seconds is 0; it must be 0.01 to"),
        ({"wall_seconds": math.inf}, "--wall-seconds is inf"),
        ({"wall_seconds": math.nan}, "--wall-seconds is nan"),
        ({"memory_mib": 15}, "--memory-mib is 15; it must be 16 to"),
        ({"cpus": 0.0}, "--cpus is 0"),
        ({"repeat": -1}, "--repeat is -1"),
        ({"repeat": 10**9}, "--repeat is 1000000000"),
        ({"gpus": -5}, "--gpus is -5"),
        ({"seed": -1}, "--seed is -1"),
        ({"seed": 2**200}, "--seed is 1.6"),
    ],
)
def test_limits_under_which_nothing_runs_are_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RunOptions(**parts)


def test_control_the_smallest_limits_are_taken() -> None:
    RunOptions(wall_seconds=0.01, memory_mib=16, cpus=0.01, repeat=0)


def test_every_image_is_of_the_submitter_named() -> None:
    request = Request(**IMAGES, **ONE_SUITE, submitter="team")
    assert request.submitters(lambda _: {}) == {"a": "team", "b": "team"}


def test_submitters_are_read_from_the_list_only_if_there_is_one() -> None:
    def read(path: Path) -> dict[str, str]:
        return {str(path): "team"}

    assert Request(**LIST, **ONE_SUITE).submitters(read) == {"list.yaml": "team"}
    assert Request(**IMAGES, **ONE_SUITE).submitters(read) == {"a": None, "b": None}


def test_reports_of_several_suites_go_below_one_directory_per_suite() -> None:
    out = Path("out")
    assert Request(**IMAGES, suites=("x", "y"), out=out).reports_directory("x") == out / "x"
    assert Request(**IMAGES, suites=("x",), out=out).reports_directory("x") == out
    assert Request(**IMAGES, suites=("x",)).reports_directory("x") == Path("results/x")
