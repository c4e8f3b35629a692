"""How many CPUs and how much memory the running containers may have together. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from runner.contract.limits import MIB, Limits
from runner.errors import UsageError
from runner.untrusted import quote

_BUDGET_PARTS = ("cpus", "memory-mib")
_NUMBER = re.compile(r"(?=.*[1-9])\d{1,9}(\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True)
class Budget:
    """An amount of CPUs and memory: the total, the free part, or what something uses.

    A case counts with the limits of its predictor; the keeper beside it uses almost nothing.
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
    def read(cls, text: str, host: Self) -> Self:
        """Return the budget of e.g. ``cpus=2,memory-mib=4096``; what it leaves out is the host's.

        Raises:
            UsageError: it has another form, or asks for more than there is.
        """
        given: dict[str, float] = {}
        for part in text.split(","):
            name, _, value = part.strip().partition("=")
            if name not in _BUDGET_PARTS or name in given or not _NUMBER.fullmatch(value):
                raise UsageError(
                    f"--budget {quote(text)}: its form is cpus=2,memory-mib=4096, and one "
                    "of the two may be left out."
                )
            given[name] = float(value)
        memory_bytes = int(given.get("memory-mib", host.memory_bytes / MIB) * MIB)
        budget = cls(given.get("cpus", host.cpus), memory_bytes)
        if not host.holds(budget):
            raise UsageError(f"--budget asks for {budget}; the engine's host has {host}.")
        return budget

    @classmethod
    def of_case(cls, limits: Limits) -> Self:
        """Return what one case may use."""
        return cls(limits.cpus, limits.memory_bytes)

    def holds(self, other: "Budget") -> bool:
        """Return whether this has at least as much CPU and memory as the other."""
        return other.cpus <= self.cpus + 1e-9 and other.memory_bytes <= self.memory_bytes

    def __add__(self, other: "Budget") -> "Budget":
        return Budget(self.cpus + other.cpus, self.memory_bytes + other.memory_bytes)

    def __sub__(self, other: "Budget") -> "Budget":
        return Budget(self.cpus - other.cpus, self.memory_bytes - other.memory_bytes)

    def __str__(self) -> str:
        return f"{self.cpus:g} CPUs and {self.memory_bytes // MIB} MiB of memory"
