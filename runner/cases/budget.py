"""How many CPUs and how much memory the running containers may have together. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from runner.sandbox.limits import MIB, Limits


@dataclass(frozen=True)
class Budget:
    """CPUs and memory: what there is, what is free, or what something takes.

    A case takes what its limits allow its predictor; the keeper beside it takes next to nothing.
    """

    cpus: float
    memory_bytes: int

    @classmethod
    def of_host(cls, info: Mapping[str, Any]) -> Self:
        """Return all that an engine's host has.

        Args:
            info: the engine's answer to ``GET /info``.
        """
        return cls(float(info["NCPU"]), int(info["MemTotal"]))

    @classmethod
    def of_case(cls, limits: Limits) -> Self:
        """Return what one case may use."""
        return cls(limits.cpus, limits.memory_bytes)

    def holds(self, other: "Budget") -> bool:
        """Return whether there is as much as the other, of both."""
        return other.cpus <= self.cpus + 1e-9 and other.memory_bytes <= self.memory_bytes

    def __add__(self, other: "Budget") -> "Budget":
        return Budget(self.cpus + other.cpus, self.memory_bytes + other.memory_bytes)

    def __sub__(self, other: "Budget") -> "Budget":
        return Budget(self.cpus - other.cpus, self.memory_bytes - other.memory_bytes)

    def __str__(self) -> str:
        return f"{self.cpus:g} CPUs and {self.memory_bytes // MIB} MiB of memory"
