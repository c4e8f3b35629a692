"""The time that a Ray cluster adds to a batch, compared with an equally parallel local pool.

    python -m benchmarks.cluster [--image train_mean] [--images 6] [--wait-seconds 8] [--rounds 3]

Predictors wait before they begin, so that cases are long enough to be worth a cluster, and so that
their time does not depend on what else this machine does. Needs an engine, the image (`make
images`) and Ray. It makes the cluster itself: three nodes of one CPU each, which are processes on
this machine and share its engine.
"""

import argparse
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker

from runner.building.build import build_suite
from runner.building.demo_suite import unpack_demo_suite
from runner.sandbox.engine.image import read_image
from runner.suites.opening import read_manifest
from runner.suites.spec_file import make_spec
from tests.integration.ray_nodes import RayNodes, ray_nodes

NODES = 3
LARGEST_RATIO = 1.1
RUNNER = Path(sys.executable).with_name("runner")
NAME = "runner-benchmark"


def measure_cluster(
    image: str, images: int, wait_seconds: float, rounds: int
) -> tuple[float, float, int]:
    """Return a batch's seconds on the local pool and on a cluster, and its number of cases.

    In each round both run the same batch, three cases at a time. The figures are those of the round
    with the median ratio. The cluster is started before, as in real use.
    """
    with (
        tempfile.TemporaryDirectory(prefix="cluster-bench-") as scratch,
        made_images(image, images, f"sleep {wait_seconds}") as names,
        ray_nodes(NODES) as nodes,
    ):
        suite = build_cluster_suite(Path(scratch))
        cases = len(read_manifest(suite).manifest.cases)
        taken = []
        for number in range(rounds):
            command = [str(RUNNER), "evaluate", *names, "--suite", str(suite)]
            command += ["--jobs", str(NODES), "--memory-mib", "256", "--json"]
            command += ["--cpus", str(cpus_of_a_case(os.cpu_count() or 1))]
            out = Path(scratch) / f"round-{number}"
            local = _seconds([*command, "--out", f"{out}/local"])
            cluster = _seconds([*command, "--out", f"{out}/ray", *_where(nodes)])
            taken.append((local, cluster))
    chosen = sorted(taken, key=lambda pair: pair[1] / pair[0])[len(taken) // 2]
    return (*chosen, images * cases)


def cpus_of_a_case(cores: int) -> float:
    """Return the CPUs per case with which the local pool runs as many cases as the cluster."""
    return min(1.0, math.floor(10 * cores / NODES) / 10)


def _seconds(command: list[str]) -> float:
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def _where(nodes: RayNodes) -> list[str]:
    shared = nodes.directory / "shared"
    return ["--executor", "ray", "--address", nodes.address, "--shared", str(shared)]


def build_cluster_suite(scratch: Path) -> Path:
    """Build a suite of the demo's HELM runs with one case per model; return its directory."""
    fields = {
        "name": "topics",
        "version": "1",
        "helm_runs": [f"{unpack_demo_suite(scratch)}/demo_topic*"],
        "division": {"method": "leave_one_out", "by": "model_deployment"},
    }
    spec = make_spec(fields, "the benchmark")
    return build_suite(spec, scratch / "topics").suite.root


@contextmanager
def made_images(image: str, count: int, first: str) -> Iterator[list[str]]:
    """Yield this many images that do the same as one image, each with its own ID.

    Args:
        first: a shell command that each image runs before.
    """
    client = docker.from_env()
    found = read_image(image, client.images.get(image).attrs)
    shell = ["/bin/sh", "-c", f'{first}; exec "$@"', "sh"]
    entrypoint = json.dumps([*shell, *found.entrypoint, *found.command])
    names = [f"{NAME}:{number}" for number in range(count)]
    try:
        for name in names:
            dockerfile = f"FROM {image}\nLABEL benchmark={name}\nENTRYPOINT {entrypoint}\n"
            client.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=name, rm=True)
        yield names
    finally:
        for name in names:
            client.images.remove(name, force=True)
        client.close()


def main() -> int:
    """Measure and print; return 1 if the cluster adds more than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    parser.add_argument("--image", default="train_mean")
    parser.add_argument("--images", type=int, default=6)
    parser.add_argument("--wait-seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    local, cluster, cases = measure_cluster(
        arguments.image, arguments.images, arguments.wait_seconds, arguments.rounds
    )
    ratio = cluster / local
    print(
        f"{cases} cases of {arguments.image} after {arguments.wait_seconds:g} s, {NODES} at a time"
    )
    print(f"local pool   {local:.1f} s")
    print(f"Ray cluster  {cluster:.1f} s, {ratio:.2f} times (at most {LARGEST_RATIO})")
    return int(ratio > LARGEST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
