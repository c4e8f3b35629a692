"""Simulates a batch event by event, with the code that assigns cases to slots."""

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.cluster.dispatch import Dispatch
from runner.cluster.room import Room
from runner.evaluation.pending_runs import longest_first
from runner.evaluation.task import CaseTask
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy

SUITE = "sha256:simulated"


@dataclass(frozen=True)
class Machines:
    """The machines of a batch: a number of nodes, each with room for a number of cases."""

    nodes: int
    slots_per_node: int

    @property
    def slots(self) -> int:
        """Return how many cases run at a time."""
        return self.nodes * self.slots_per_node

    def __str__(self) -> str:
        return f"{self.nodes} x {self.slots_per_node}"


@dataclass(frozen=True)
class Simulated:
    """The result of a simulated batch.

    Attributes:
        seconds: from the first case's begin to the last one's end.
        busy: the part of the slots' time in which they ran cases.
        pulls: how often a node had to fetch an image that it did not have.
    """

    seconds: float
    busy: float
    pulls: int


def simulate_batch(
    submissions: int, case_seconds: Mapping[str, Sequence[float]], machines: Machines
) -> Simulated:
    """Simulate a batch, whose submissions are all different images.

    Args:
        case_seconds: for each case of the suite, how long recorded runs of it took. Each submission
            takes as long as one of them, chosen at random with a fixed seed.
    """
    draw = random.Random(1)  # noqa: S311  (no secret)
    tasks = _tasks(submissions, list(case_seconds))
    taken = {id(task): draw.choice(case_seconds[task.case]) for task in tasks}
    known = {case: sum(each) / len(each) for case, each in case_seconds.items()}
    need = Room.of_case(SandboxPolicy().limits)
    dispatch = Dispatch(longest_first(tasks, known), machines.slots)
    for slot in range(machines.slots):
        dispatch.add(slot, need)
    fetched: set[tuple[int, str]] = set()
    events = [(0.0, slot) for slot in range(machines.slots)]
    end = 0.0
    while events:
        now, slot = heapq.heappop(events)
        if dispatch.slots[slot].running is not None:
            dispatch.end(slot)
        assigned = dispatch.assign(slot)
        if assigned is None:
            end = max(end, now)
            continue
        task, _ = assigned
        fetched.add((slot // machines.slots_per_node, task.image.id))
        heapq.heappush(events, (now + taken[id(task)], slot))
    return Simulated(end, sum(taken.values()) / (end * machines.slots), len(fetched))


def _tasks(submissions: int, cases: Sequence[str]) -> list[CaseTask]:
    policy = SandboxPolicy()
    images = [Image(f"submission-{number}", str(number)) for number in range(submissions)]
    return [
        CaseTask(image, "simulated", SUITE, case, case, policy, 1)
        for image in images
        for case in cases
    ]
