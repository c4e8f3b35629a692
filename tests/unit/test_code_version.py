"""A node that has other code than the head runs no case."""

import sys

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.cluster.node import examine_node
from runner.code_version import code_versions, describe_difference
from runner.errors import UsageError
from runner.evaluation.request import ExecutorChoice
from runner.executors import open_executor


def test_the_code_is_told_by_its_bytes_and_what_makes_the_staged_bytes_by_version() -> None:
    assert set(code_versions()) == {"runner", "pyarrow", "polars"}
    assert "(code " in code_versions()["runner"]
    assert describe_difference(code_versions(), code_versions()) is None


def test_each_difference_is_named() -> None:
    here = {"runner": "1 (code a)", "pyarrow": "2", "polars": "3"}
    there = {"runner": "1 (code b)", "polars": "3"}
    difference = describe_difference(here, there)
    assert difference == "runner 1 (code b), not 1 (code a); pyarrow missing, not 2"


def test_a_node_with_other_code_says_so_before_it_looks_for_an_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    refused = examine_node({**code_versions(), "pyarrow": "0"})
    assert isinstance(refused, UsageError)
    assert "has other code than this machine: pyarrow" in str(refused)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--executor", "ray"], "needs --shared"),
        (["--shared", "x"], "--shared is for --executor ray"),
        (["--address", "x:1"], "--address is for --executor ray"),
    ],
)
def test_options_of_ray_go_with_ray(options: list[str], said: str) -> None:
    command = ["evaluate", "image", "--suite", "demo", *options]
    ended = CliRunner().invoke(cli, command, standalone_mode=False)
    assert isinstance(ended.exception, UsageError)
    assert said in str(ended.exception)


def test_without_ray_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "runner.cluster.ray_cluster", raising=False)
    monkeypatch.delitem(sys.modules, "runner.cluster.drive", raising=False)
    choice = ExecutorChoice("ray", shared="/shared")
    with (
        pytest.raises(UsageError, match=r"pip install 'helm-predictor-runner\[ray\]'"),
        open_executor(choice, images=None, say=print),  # type: ignore[arg-type]
    ):
        pass
