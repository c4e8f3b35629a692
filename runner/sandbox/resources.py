"""What a case used of its limits, as far as the engine can tell."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import docker
import requests
from docker.errors import DockerException

from runner.contract.limits import MIB, Limits

SAMPLE_SECONDS = 1
"""Engines measure at most this often, all their containers together; more questions have to wait.
"""

FORECAST_SHARE = 0.7
"""Above this share of a limit, a case with a little more to do may reach it."""


@dataclass(frozen=True)
class Measured:
    """One answer of the engine about a running container."""

    cpu_seconds: float
    memory_bytes: int
    pids: int


@dataclass(frozen=True)
class ResourceUse:
    """What one case used.

    Attributes:
        wall_seconds: from the container's start to its end, by the engine's clock; exact.
        output_bytes, output_files: what /output held at the end; exact.
        cpu_seconds: of all of its processes; None if it was never measured.
        peak_memory_bytes: the most at one time, cached files included; None if never measured.
        is_sampled: the two above were measured each second while it ran, so that they are lower
            bounds; else the kernel counted them, to the end.
    """

    wall_seconds: float
    output_bytes: int
    output_files: int
    cpu_seconds: float | None
    peak_memory_bytes: int | None
    is_sampled: bool


def read_stats(stats: Mapping[str, Any]) -> Measured | None:
    """Return what the engine's answer to ``GET /containers/{id}/stats`` says, or None.

    An engine answers for a container that has just ended too, with empty values.
    """
    memory = stats.get("memory_stats") or {}
    cpu = (stats.get("cpu_stats") or {}).get("cpu_usage") or {}
    if "usage" not in memory:
        return None
    # Only cgroup version 1 has the maximum since the start.
    peak = max(memory["usage"], memory.get("max_usage") or 0)
    pids = (stats.get("pids_stats") or {}).get("current") or 0
    return Measured(cpu.get("total_usage", 0) / 1e9, peak, pids)


class Sampler:
    """Measures a running container now and then, until it is left."""

    def __init__(self, client: docker.DockerClient, container_id: str, seconds: float) -> None:
        self._client, self._container_id, self._seconds = client, container_id, seconds
        self._over = threading.Event()
        self.samples: list[Measured] = []

    def __enter__(self) -> Self:
        # Not waited for at the end: an engine takes up to a second to answer.
        threading.Thread(target=self._sample, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()

    def _sample(self) -> None:
        # A measure is no promise: without one the case goes on.
        with suppress(DockerException, requests.RequestException):
            pause = self._seconds / 2
            while not self._over.wait(pause):
                pause = self._seconds
                stats = self._client.api.stats(self._container_id, stream=False, one_shot=True)
                measured = read_stats(stats)
                if measured is None:
                    return
                self.samples.append(measured)


def largest(samples: list[Measured]) -> Measured | None:
    """Return the most of each that was ever measured, or None if nothing was."""
    if not samples:
        return None
    return Measured(
        max(sample.cpu_seconds for sample in samples),
        max(sample.memory_bytes for sample in samples),
        max(sample.pids for sample in samples),
    )


def forecast(use: ResourceUse, limits: Limits) -> Iterator[str]:
    """Yield a line for each limit of which the case used more than 70 %."""
    if use.wall_seconds > FORECAST_SHARE * limits.wall_seconds:
        share = use.wall_seconds / limits.wall_seconds
        yield f"took {use.wall_seconds:.0f} s, {share:.0%} of the wall time"
    memory_bytes = use.peak_memory_bytes or 0
    if memory_bytes > FORECAST_SHARE * limits.memory_bytes:
        share = memory_bytes / limits.memory_bytes
        yield f"used {memory_bytes // MIB} MiB, {share:.0%} of the memory limit"
    if use.output_bytes > FORECAST_SHARE * limits.output_bytes:
        share = use.output_bytes / limits.output_bytes
        yield f"wrote {use.output_bytes // MIB} MiB, {share:.0%} of what /output holds"
    if use.output_files > FORECAST_SHARE * limits.output_files:
        yield f"wrote {use.output_files} of at most {limits.output_files} files to /output"
