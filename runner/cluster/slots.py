"""Slots as Ray sees them: actors, each of which reserves what one case may use of a node."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray

from runner.cluster.node import NodeFacts
from runner.cluster.room import Room
from runner.code_version import code_versions
from runner.errors import EngineError, RunnerError, UsageError
from runner.evaluation.budget import Budget

LEAST_CPUS = 0.001
"""The fewest CPUs of a node that gets cases."""

CLOSE_SECONDS = 60
"""How long a slot may take to end and to remove what it made on its engine."""


@dataclass
class Actor:
    """A slot as Ray sees it: an actor.

    Attributes:
        handle: of the actor.
        pending: its next result: a reference while it opens, then a generator; None if it has
            nothing to do.
    """

    handle: Any
    pending: Any = None
    is_open: bool = False


def start_slot(room: Room, shared: str, registries: Sequence[str] | None) -> Actor:
    """Ask Ray for a slot; it opens as soon as there is room."""
    cpus = room.budget.cpus
    handle = (
        ray.remote(_slot_class())
        .options(
            num_cpus=cpus if cpus <= 1 else math.ceil(cpus),  # Ray accepts no finer fractions
            memory=room.budget.memory_bytes,
            num_gpus=room.gpus,
            scheduling_strategy="SPREAD",
            max_concurrency=2,  # so that it can be stopped while it runs a case
        )
        .remote()
    )
    return Actor(handle, handle.open.remote(dict(code_versions()), shared, registries))


def _slot_class() -> Any:
    """Return a class that Ray sends as code: a node may lack the runner, or have another one."""

    class Slot:
        """Wraps a ``CaseSlot``, after checking that the node has the same code as the head."""

        def open(
            self, versions: Mapping[str, str], shared: str, registries: Sequence[str] | None
        ) -> object:
            try:
                from runner.cluster.node import CaseSlot  # noqa: PLC0415  (the node's own)
            except ImportError as error:
                import socket  # noqa: PLC0415  (as above)

                return (
                    f"The node {socket.gethostname()} lacks this runner ({error}). Install the "
                    "same packages there as here, with the extra `ray`."
                )
            gpus = ray.get_runtime_context().get_accelerator_ids().get("GPU", [])
            self.slot = CaseSlot(versions, shared, registries, gpus)
            return self.slot.open()

        def run(self, task: Any, following: Any) -> Iterator[object]:
            yield from self.slot.run(task, following)

        def stop(self) -> None:
            self.slot.stop()

        def close(self) -> None:
            self.slot.close()

    return Slot


def examine_any_node(shared: str) -> NodeFacts:
    """Return what one of the nodes has for running cases.

    Raises:
        EngineError, UsageError: the node can run no case.
    """
    actor = start_slot(Room(Budget(LEAST_CPUS, 0)), shared, None)
    try:
        facts = ray.get(actor.pending)
        actor.is_open = isinstance(facts, NodeFacts)
    except ray.exceptions.RayError as error:
        raise EngineError(f"A node of the Ray cluster was lost ({error}).") from error
    finally:
        close_slots([actor], is_stopped=False)
    if isinstance(facts, NodeFacts):
        return facts
    raise facts if isinstance(facts, RunnerError) else UsageError(str(facts))


def close_slots(actors: Sequence[Actor], *, is_stopped: bool) -> None:
    """Ask slots to remove what they made on their engines, then end them."""
    opened = [actor.handle for actor in actors if actor.is_open]
    for end in ("stop", "close") if is_stopped else ("close",):
        references = [getattr(handle, end).remote() for handle in opened]
        if references:
            ray.wait(references, num_returns=len(references), timeout=CLOSE_SECONDS)
    for actor in actors:
        ray.kill(actor.handle)
