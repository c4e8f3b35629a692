"""Images from a registry: fetched when asked for, by their digest, then never asked for again."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.helm_builder import write_run
from tests.integration.command import runner
from tests.integration.registry import Registry

STAT = {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}
PREDICTIONS = {"contract_version": 1, "predictions": {"one": [STAT], "two": [STAT]}}
"""Whichever run is drawn, it is predicted; the other is ignored."""


@pytest.fixture(scope="module")
def pushed(registry: Registry) -> Iterator[str]:
    """Push a predictor and give its reference by digest; the engine has it no more."""
    copy = "/busybox cp /predictions.json /output/predictions.json"
    reference = registry.push(
        "team/predictor", copy, {"predictions.json": json.dumps(PREDICTIONS).encode()}
    )
    yield reference
    registry.remove(reference)


@pytest.fixture
def helm_runs(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        write_run(tmp_path / "runs", name)
    return tmp_path / "runs"


def evaluate(reference: str, helm_runs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    out = helm_runs.parent / "results"
    command = ["evaluate", reference, "--suite", helm_runs, "--train-runs", "1", "--out", out]
    return runner(*command, "--rerun", *arguments)


def test_an_image_is_never_pulled_unasked_and_the_message_holds_the_command(
    pushed: str, helm_runs: Path
) -> None:
    ended = evaluate(pushed, helm_runs)
    assert ended.returncode == 2
    assert f"`docker pull {pushed}`" in ended.stderr
    assert "--pull missing" in ended.stderr


def test_a_missing_image_is_pulled_by_digest_and_outlives_its_registry(
    client: docker.DockerClient, registry: Registry, pushed: str, helm_runs: Path
) -> None:
    pulled = evaluate(pushed, helm_runs, "--pull", "missing", "--json")
    assert pulled.returncode == 0, pulled.stderr
    assert "pulling" in pulled.stderr
    (report,) = json.loads(pulled.stdout)
    assert report["image"]["reference"] == pushed
    assert report["image"]["digests"] == [pushed]
    assert report["image"]["id"] == client.images.get(pushed).id

    registry.container.get_wrapped_container().pause()  # answers nobody any more
    try:
        without = evaluate(pushed, helm_runs, "--pull", "missing", "--json")
    finally:
        registry.container.get_wrapped_container().unpause()
    assert without.returncode == 0, without.stderr
    (again,) = json.loads(without.stdout)
    assert again["image"] == report["image"]
    assert again["scores"] == report["scores"]


def test_what_the_registry_does_not_have_is_a_usage_error(
    registry: Registry, helm_runs: Path
) -> None:
    reference = f"{registry.address}/team/unheard-of:1"
    ended = evaluate(reference, helm_runs, "--pull", "always")
    assert ended.returncode == 2, ended.stderr
    assert "Check the name" in ended.stderr


def test_a_registry_that_can_not_be_reached_is_no_fault_of_the_predictor(
    helm_runs: Path,
) -> None:
    ended = evaluate("127.0.0.1:9/team/predictor:1", helm_runs, "--pull", "always")
    assert ended.returncode == 5, ended.stderr
    assert "could not pull" in ended.stderr
