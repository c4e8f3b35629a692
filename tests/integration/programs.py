"""Programs in place of a predictor, run in the sandbox as an image of their own would be."""

from dataclasses import replace

import docker

from runner.contract.limits import MIB, Limits
from runner.sandbox.engine.client import resolve_image
from runner.sandbox.engine.image import Image
from runner.sandbox.run import SandboxRun
from runner.sandbox.sandbox import run_sandboxed

LIMITS = Limits(wall_seconds=20, memory_bytes=128 * MIB, output_bytes=MIB)

SLEEP = "import time; time.sleep(60)"


def python(client: docker.DockerClient, code: str) -> Image:
    """Return the base image with a Python program in place of a predictor."""
    base = resolve_image(client, "runner-base")
    return replace(base, entrypoint=("python3", "-c"), command=(code,))


def run(client: docker.DockerClient, image: Image, limits: Limits = LIMITS) -> SandboxRun:
    """Run an image in the sandbox, without inputs."""
    return run_sandboxed(client, image, {}, limits, print)
