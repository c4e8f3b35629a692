"""Measures a running container from time to time, as often as the engine can."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from runner.errors import EngineError
from runner.sandbox.engine.container import Container

SAMPLE_SECONDS = 1
"""How often an engine measures at most, for all its containers together; more requests wait.
"""


@dataclass(frozen=True)
class Measured:
    """One answer of the engine about a running container."""

    cpu_seconds: float
    memory_bytes: int
    pids: int


def read_stats(stats: Mapping[str, Any]) -> Measured | None:
    """Return what the engine's answer to ``GET /containers/{id}/stats`` says, or None.

    For a container that has just ended the engine answers too, with empty values.
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
    """Measures a running container from time to time, until the block is left."""

    def __init__(self, container: Container, seconds: float) -> None:
        self._container, self._seconds = container, seconds
        self._over = threading.Event()
        self.samples: list[Measured] = []

    def __enter__(self) -> Self:
        # The end does not wait for it: an engine takes up to a second to answer.
        threading.Thread(target=self._sample, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()

    def _sample(self) -> None:
        # Measuring is optional: the case goes on without.
        with suppress(EngineError):
            pause = self._seconds / 2
            while not self._over.wait(pause):
                pause = self._seconds
                measured = read_stats(self._container.fetch_stats())
                if measured is None:
                    return
                self.samples.append(measured)


def largest(samples: list[Measured]) -> Measured | None:
    """Return the largest measured value of each, or None if nothing was measured."""
    if not samples:
        return None
    return Measured(
        max(sample.cpu_seconds for sample in samples),
        max(sample.memory_bytes for sample in samples),
        max(sample.pids for sample in samples),
    )
