"""Programs in place of a predictor, run in the sandbox as an image of their own would be."""

from collections.abc import Mapping
from dataclasses import replace

from runner.contract.limits import MIB, Limits
from runner.progress import Say
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox import open_sandbox
from runner.sandbox.sandbox_run import SandboxRun

LIMITS = Limits(wall_seconds=20, memory_bytes=128 * MIB, output_bytes=MIB)

SLEEP = "import time; time.sleep(60)"


def python(engine: Engine, code: str) -> Image:
    """Return the base image with a Python program in place of a predictor."""
    base = engine.images.resolve("runner-base")
    return replace(base, entrypoint=("python3", "-c"), command=(code,))


def run(engine: Engine, image: Image, limits: Limits = LIMITS) -> SandboxRun:
    """Run an image in the sandbox, without inputs."""
    return run_sandboxed(engine, image, {}, limits, print)


def run_sandboxed(
    engine: Engine,
    image: Image,
    files: Mapping[str, bytes],
    limits: Limits,
    say: Say,
) -> SandboxRun:
    """Run an image on inputs, in a sandbox of its own.

    Args:
        files: content by path below ``/input``.
    """
    with open_sandbox(engine, say) as sandbox:
        return sandbox.run(sandbox.prepare(image, SandboxPolicy(limits), lambda: files))
