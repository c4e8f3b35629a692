"""Every test, in two processes at once: ``python -m tests``.

One runs on the user's engine, the other on an engine of its own, so that each finds on its engine
what it left there itself. Where no second engine can be started, one follows the other.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO

import docker

from tests.integration.spare_engine import SpareEngine, spare_engine

IMAGES = ("runner-base", "random", "train_mean", "perturbation_linear", "scenario_mean")

INTEGRATION = "tests/integration"
SECOND = (
    "test_attack.py",
    "test_engine_lost.py",
    "test_evaluate.py",
    "test_faults.py",
    "test_gc.py",
    "test_protections.py",
    "test_resume.py",
    "test_sandbox.py",
    "test_scores.py",
    "test_suites.py",
)
"""Files whose containers nobody on this host has to reach by network. With the unit tests they take
about half of the time."""


def main() -> int:
    """Run both halves and print first the one's output, as it comes, then the other's."""
    second = ["tests/unit", *(f"{INTEGRATION}/{name}" for name in SECOND)]
    first = ["tests", *(f"--ignore={path}" for path in second)]
    if not _can_start_an_engine():
        return max(_start(half).wait() for half in (first, second))
    with tempfile.TemporaryFile() as output, _second_engine() as engine:
        running = [_start(first), _start(second, output, DOCKER_HOST=engine.url)]
        try:
            codes = [process.wait() for process in running]
        finally:
            for process in running:
                process.kill()
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout.buffer)
    return max(codes)


def _can_start_an_engine() -> bool:
    return os.geteuid() == 0 and shutil.which("dockerd") is not None


def _start(
    paths: list[str], output: IO[bytes] | None = None, **environment: str
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *paths],
        stdout=output,
        stderr=output,
        env={**os.environ, **environment},
    )


@contextmanager
def _second_engine() -> Iterator[SpareEngine]:
    """Give an engine that has the images that the tests start from."""
    with (
        spare_engine(has_networks=True) as engine,
        closing(docker.from_env().api) as source,
        closing(docker.APIClient(engine.url, version="1.41")) as target,
    ):
        # Not docker-py's get_image: it takes one image, and they share most of their layers.
        names = {"names": list(IMAGES)}
        images = source.get(f"{source.base_url}/images/get", params=names, stream=True)
        images.raise_for_status()
        target.post(f"{target.base_url}/images/load", data=images.raw).raise_for_status()
        yield engine


if __name__ == "__main__":
    sys.exit(main())
