"""A running container measured now and then, as often as the engine can tell."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from runner.errors import EngineError
from runner.sandbox.engine.container import Container

SAMPLE_SECONDS = 1
"""Engines measure at most this often, all their containers together; more questions have to wait.
"""


@dataclass(frozen=True)
class Measured:
    """One answer of the engine about a running container."""

    cpu_seconds: float
    memory_bytes: int
    pids: int


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

    def __init__(self, container: Container, seconds: float) -> None:
        self._container, self._seconds = container, seconds
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
        with suppress(EngineError):
            pause = self._seconds / 2
            while not self._over.wait(pause):
                pause = self._seconds
                measured = read_stats(self._container.fetch_stats())
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
