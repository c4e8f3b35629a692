"""A real Ray cluster of three nodes, which are processes of this machine and share its engine.

The predictor waits, then copies its predictions from the image: whatever a node does, it is there
long enough to be killed.
"""

import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import docker
import pytest

from runner.cluster.node import CaseSlot, NodeFacts, ensure_image
from runner.code_version import code_versions
from runner.errors import EngineError
from runner.sandbox.cleanup import collect_garbage
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.policy import LABEL
from tests.helm_builder import run_files, stat, write_run
from tests.integration.command import RUNNER, runner
from tests.integration.conftest import wait_for_container
from tests.integration.images import OWN
from tests.integration.ray_nodes import RayNodes, ray_nodes
from tests.integration.registry import Registry, build_image, packaged
from tests.integration.spare_engine import SpareEngine, spare_engine
from tests.integration.started import killed
from tests.suite_builder import build
from tests.terminal import Terminal

RUNNER_CODE = Path(__file__).parents[2] / "runner"

CASES = 4
RUNS = [f"run-{number}" for number in range(CASES)]
CANARY = 0.7182818284
LIMITS = ("--memory-mib", "64", "--wall-seconds", "60")

STAT = {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}
PREDICTIONS = {"contract_version": 1, "predictions": {name: [STAT] for name in RUNS}}
DOCKERFILE = """
FROM scratch
COPY busybox predictions.json /
ENTRYPOINT ["/busybox", "sh", "-c", \
    "/busybox sleep {seconds}; /busybox cp /predictions.json /output/predictions.json"]
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return what the predictors consist of."""
    return {
        "busybox": packaged("busybox-static", "bin/busybox", tmp_path_factory.mktemp("busybox")),
        "predictions.json": json.dumps(PREDICTIONS).encode(),
    }


@pytest.fixture(scope="module")
def predictors(client: docker.DockerClient, files: dict[str, bytes]) -> tuple[str, str]:
    """Return two predictors that take a while, and are two images."""
    names = (OWN.name("one"), OWN.name("other"))
    for name, seconds in zip(names, (1.5, 1.6), strict=True):
        dockerfile = DOCKERFILE.format(seconds=seconds).encode()
        build_image(client, name, {**files, "Dockerfile": dockerfile})
    return names


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a suite of one case per run; no train side has the actuals of an eval side."""
    directory = tmp_path_factory.mktemp("suite")
    for name in RUNS:
        files = run_files(name, stats=[stat("exact_match", CANARY)])
        write_run(directory / "runs", name, files)
    write_run(directory / "runs", "train")
    cases = [{"train": ["train"], "eval": [name]} for name in RUNS]
    build(directory / "runs", directory / "v1", division={"method": "explicit", "cases": cases})
    return directory / "v1"


@pytest.fixture(scope="module")
def nodes() -> Iterator[RayNodes]:
    with ray_nodes(3) as nodes:
        yield nodes


Evaluate = Callable[..., list[str]]


@pytest.fixture
def command(nodes: RayNodes, suite: Path, tmp_path: Path) -> Evaluate:
    """Return a function that gives the command of an evaluation on the cluster."""

    def of(*images: str) -> list[str]:
        return [*evaluate(*images, suite=suite, out=tmp_path / "ray"), *where(nodes)]

    return of


def where(nodes: RayNodes) -> list[str]:
    return ["--executor", "ray", "--address", nodes.address, "--shared", str(shared_place(nodes))]


def shared_place(nodes: RayNodes) -> Path:
    return nodes.directory / "shared"


def evaluate(*images: str, suite: Path, out: Path) -> list[str]:
    return [str(RUNNER), "evaluate", *images, "--suite", str(suite), *LIMITS, "--out", str(out)]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return runner(*command[1:])


def reports(out: Path) -> list[dict[str, Any]]:
    """Return the reports below a directory, less times, measurements and names on the engine."""
    found = [json.loads(path.read_bytes()) for path in sorted(out.glob("*/report.json"))]
    for report in found:
        del report["created"]
        for case in report["cases"]:
            del case["wall_seconds"], case["resources"], case["sandbox"]
    return found


def test_what_a_node_gets_holds_no_actual(
    predictors: tuple[str, str], command: Evaluate, nodes: RayNodes, suite: Path
) -> None:
    ended = run(command(predictors[0]))
    assert ended.returncode == 0, ended.stderr
    (archive,) = shared_place(nodes).iterdir()
    with tarfile.open(archive) as tar:
        assert {Path(name).parts[0] for name in tar.getnames()} == {"public"}
    fetched = [path for number in (1, 2, 3) for path in nodes.cache(number).rglob("suite.json")]
    assert len(fetched) == 3  # once on each node
    caches = [path for number in (1, 2, 3) for path in nodes.cache(number).rglob("*")]
    held = b"".join(path.read_bytes() for path in caches if path.is_file())
    actuals = b"".join(path.read_bytes() for path in (suite / "private").rglob("actuals.jsonl"))
    assert str(CANARY).encode() in actuals
    assert str(CANARY).encode() not in held


def test_a_copy_that_was_tampered_with_is_refused(
    predictors: tuple[str, str], command: Evaluate, nodes: RayNodes
) -> None:
    (cached,) = nodes.cache(2).glob("runner/suites/sha256-*/public/suite.json")
    frame = cached.parent / "train" / "stats.parts"
    content = frame.read_bytes()
    frame.write_bytes(content[:-1] + b"?")
    try:
        ended = run(command(predictors[0]))
    finally:
        frame.write_bytes(content)
    assert ended.returncode == 3, ended.stderr
    assert f"{frame}: changed since the suite was built" in ended.stderr


def test_a_case_that_no_node_has_room_for_is_refused_at_once(
    predictors: tuple[str, str], command: Evaluate
) -> None:
    ended = run([*command(predictors[0]), "--memory-mib", "2048"])
    assert ended.returncode == 2
    assert "no node of the Ray cluster has as much" in ended.stderr
    assert "1024 MiB" in ended.stderr


@pytest.mark.long
