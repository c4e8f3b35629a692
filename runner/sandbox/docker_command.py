"""The settings of the sandbox as a `docker run` command, for an author who debugs an image."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from runner.contract.limits import ALL_GPUS
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxNames, SandboxPolicy, predictor_body

INPUT_PLACE, OUTPUT_PLACE = "INPUT", "OUTPUT"
"""Placeholders for the author's own directories; in the sandbox these are volumes."""


def command_line(image: Image, policy: SandboxPolicy) -> str:
    """Return a line of text with the command."""
    return f"{image.reference} as a command of Docker's: {docker_run_command(image, policy)}"


def docker_run_command(image: Image, policy: SandboxPolicy) -> str:
    """Return the command that runs an image as the sandbox does, except for /input and /output."""
    return shlex.join(["docker", "run", "--rm", *_options(image, policy), image.id])


def _options(image: Image, policy: SandboxPolicy) -> Iterator[str]:
    body = predictor_body(image, policy, SandboxNames("0" * 12, "0" * 12))
    host = body["HostConfig"]
    yield from ("--network", host["NetworkMode"], "--ipc", host["IpcMode"])
    yield from ("--cgroupns", host["CgroupnsMode"], "--user", body["User"])
    yield from ("--hostname", body["Hostname"], "--stop-signal", body["StopSignal"])
    yield from ("--read-only", "--no-healthcheck")
    yield from (f"--cap-drop={capability}" for capability in host["CapDrop"])
    yield from ("--security-opt", "no-new-privileges:true")
    yield from ("--security-opt", f"seccomp={Path(__file__).with_name('seccomp.json')}")
    yield from ("--memory", str(host["Memory"]), "--memory-swap", str(host["MemorySwap"]))
    yield from ("--cpus", f"{policy.limits.cpus:g}", "--pids-limit", str(host["PidsLimit"]))
    yield from ("--shm-size", str(host["ShmSize"]))
    for limit in host["Ulimits"]:
        yield from ("--ulimit", f"{limit['Name']}={limit['Soft']}:{limit['Hard']}")
    for path, options in host["Tmpfs"].items():
        yield from ("--tmpfs", f"{path}:{options}")
    yield from ("--log-driver", host["LogConfig"]["Type"])
    for name, value in host["LogConfig"]["Config"].items():
        yield from ("--log-opt", f"{name}={value}")
    for place, mount in zip((INPUT_PLACE, OUTPUT_PLACE), host["Mounts"], strict=True):
        read_only = ",readonly" if mount["ReadOnly"] else ""
        yield from ("--mount", f"type=bind,source={place},target={mount['Target']}{read_only}")
    for variable in body["Env"]:
        yield from ("--env", variable)
    if policy.runtime:
        yield from ("--runtime", policy.runtime)
    if gpus := policy.limits.gpus:
        yield from ("--gpus", "all" if gpus == ALL_GPUS else str(gpus))
