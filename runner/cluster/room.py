"""What one case reserves of a node of a cluster, and what a node has. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

from runner.contract.limits import ALL_GPUS, Limits
from runner.errors import UsageError
from runner.evaluation.budget import Budget


@dataclass(frozen=True)
class Room:
    """CPUs, memory and GPUs: of one case, or of a whole node.

    Attributes:
        budget: the CPUs and the memory.
        gpus: how many GPUs; ALL_GPUS, which no node has, where a case asks for all of a machine.
    """

    budget: Budget
    gpus: int = 0

    @classmethod
    def of_case(cls, limits: Limits) -> Self:
        """Return what one case reserves."""
        return cls(Budget.of_case(limits), limits.gpus)

    @classmethod
    def of_node(cls, resources: Mapping[str, float]) -> Self:
        """Return what a node has in all.

        Args:
            resources: by Ray's names for them.
        """
        budget = Budget(resources.get("CPU", 0), int(resources.get("memory", 0)))
        return cls(budget, int(resources.get("GPU", 0)))

    def cases(self, case: "Room") -> int:
        """Return how many such cases a node with this has room for at a time."""
        node, one = self.budget, case.budget
        held = [int(node.cpus / one.cpus), node.memory_bytes // one.memory_bytes]
        if case.gpus:
            held.append(max(0, self.gpus // case.gpus))
        return min(held)


def require_room(limits: Limits, nodes: Collection[Room]) -> None:
    """Refuse a case for which no node has room.

    Args:
        nodes: all that each node has.

    Raises:
        UsageError: says what the nodes have.
    """
    need = Room.of_case(limits)
    fitting = [node for node in nodes if node.cases(Room(need.budget))]
    if not fitting:
        largest = max((node.budget for node in nodes), key=lambda one: (one.cpus, one.memory_bytes))
        raise UsageError(
            f"One case may use {need.budget}; no node of the Ray cluster has as much; the largest "
            f"has {largest}. Lower --cpus or --memory-mib, or start a larger node (`ray start "
            "--num-cpus ... --memory ...`)."
        )
    if not any(node.cases(need) for node in fitting):
        asked = "all GPUs of a machine" if need.gpus == ALL_GPUS else f"GPUs: {need.gpus}"
        raise UsageError(
            f"One case asks for {asked} (the suite's limits, or --gpus). The nodes of the Ray "
            f"cluster with {need.budget} have at most {max(node.gpus for node in fitting)}. Ask "
            "for no more (--gpus 0 does without), or add a node: Ray finds its GPUs, or is told "
            "with `ray start --num-gpus ...`."
        )
