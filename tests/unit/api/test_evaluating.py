"""What is refused before an engine is asked."""

from collections.abc import Iterator
from typing import Any

import pytest

import runner
from runner.api.placement import Local, Ray


@pytest.fixture(scope="module")
def suite() -> Iterator[runner.OpenedSuite]:
    with runner.open_suite("demo") as suite:
        yield suite


def test_an_executor_is_chosen_by_its_object() -> None:
    assert Local(jobs=2, budget="cpus=1").choose().executor == "local"
    assert Ray("/shared").choose().shared == "/shared"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repeat": -1}, "--repeat is -1"),
        ({"memory_mib": 1}, "--memory-mib is 1"),
        ({"pull": "sometimes"}, "pull is 'sometimes'"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_runs(
    suite: runner.OpenedSuite,
    options: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    with pytest.raises(runner.UsageError, match=message):
        runner.evaluate("image", suite, **options)


def test_no_images_are_refused(suite: runner.OpenedSuite) -> None:
    with pytest.raises(runner.UsageError, match="Name images"):
        runner.evaluate([], suite)
