"""Which slot of a cluster runs which task next. Pure: no Ray and no engine in here.

A slot is a place for one case at a time, on some node, with the CPUs, memory and GPUs that the case
needs. While a slot runs one task, it prepares the next one. A free slot may take a task that
another slot has only prepared, so that at the end no task waits behind a running one.
"""

from collections import deque
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass

from runner.cluster.room import Room
from runner.evaluation.executor import Attempts
from runner.evaluation.task import CaseTask

SlotId = Hashable


@dataclass
class SlotWork:
    """The tasks of a slot.

    Attributes:
        need: what one case on it may use.
        running: the task that it runs.
        following: the task that it prepares meanwhile.
        is_shut: it gets no more tasks, but its place stays taken.
    """

    need: Room
    running: CaseTask | None = None
    following: CaseTask | None = None
    is_shut: bool = False

    @property
    def is_free(self) -> bool:
        """Return whether it has no task and can get one."""
        return self.running is None and self.following is None and not self.is_shut


class Dispatch:
    """Waiting tasks, and the slots that run them. Tasks with equal needs start in order.

    Args:
        tasks: in the order in which they are to be begun.
        most_slots: how many cases run at a time, at most.
    """

    def __init__(self, tasks: Sequence[CaseTask], most_slots: int) -> None:
        self._waiting: dict[Room, deque[CaseTask]] = {}
        for task in tasks:
            self._waiting.setdefault(_need(task), deque()).append(task)
        self._most_slots = most_slots
        self.attempts = Attempts()
        self.slots: dict[SlotId, SlotWork] = {}

    @property
    def is_over(self) -> bool:
        """Return whether no task waits or runs."""
        used = any(slot.running or slot.following for slot in self.slots.values())
        return not used and not any(self._waiting.values())

    def wanted(self) -> Iterator[Room]:
        """Yield the needs of each slot that should be added now."""
        room = self._most_slots - sum(not slot.is_shut for slot in self.slots.values())
        for need, waiting in self._waiting.items():
            here = [slot for slot in self.slots.values() if slot.need == need]
            claimed = sum(slot.following is not None for slot in here)
            free = sum(slot.is_free for slot in here)
            for _ in range(min(room, len(waiting) + claimed - free)):
                room -= 1
                yield need

    def superfluous(self) -> list[SlotId]:
        """Return the free slots that no task can use, while tasks with other needs wait."""
        if not any(self._waiting.values()):
            return []
        return [
            name
            for name, slot in self.slots.items()
            if slot.is_free and not self._waiting[slot.need] and not self._claimants(slot.need)
        ]

    def add(self, name: SlotId, need: Room) -> None:
        """Register a new slot."""
        self.slots[name] = SlotWork(need)

    def assign(self, name: SlotId) -> tuple[CaseTask, CaseTask | None] | None:
        """Return the task that a slot runs now and the one it prepares meanwhile; None if none."""
        slot = self.slots[name]
        waiting = self._waiting[slot.need]
        task, slot.following = slot.following, None
        if task is None and waiting:
            task = waiting.popleft()
        if task is None and (claimants := self._claimants(slot.need)):
            task, claimants[0].following = claimants[0].following, None
        if task is None:
            return None
        self.attempts.begin(task)
        slot.running = task
        slot.following = waiting.popleft() if waiting else None
        return task, slot.following

    def end(self, name: SlotId) -> CaseTask:
        """Mark a slot's task as over, and return it."""
        task = self.running(name)
        self.slots[name].running = None
        return task

    def running(self, name: SlotId) -> CaseTask:
        """Return the task that a slot runs."""
        task = self.slots[name].running
        if task is None:
            raise LookupError(f"slot {name} runs nothing")
        return task

    def retry(self, name: SlotId) -> CaseTask | None:
        """Put a slot's task first in the queue again, because its result was lost.

        Returns:
            The task if it has had all its attempts: then it is over.
        """
        slot = self.slots[name]
        task, slot.running = slot.running, None
        if task is None or self.attempts.are_over(task):
            return task
        self._waiting[slot.need].appendleft(task)
        return None

    def shut(self, name: SlotId) -> None:
        """Give a slot no more tasks; its place stays taken, so that nothing else is put there."""
        self._give_back(self.slots[name])
        self.slots[name].is_shut = True

    def remove(self, name: SlotId) -> None:
        """Remove a slot that runs nothing; its place becomes free."""
        self._give_back(self.slots.pop(name))

    def drop(self, needs: Collection[Room]) -> list[CaseTask]:
        """Return the waiting tasks with these needs, and remove them from the queue."""
        for slot in self.slots.values():
            self._give_back(slot)
        dropped = [task for need in needs for task in self._waiting[need]]
        for need in needs:
            self._waiting[need].clear()
        return dropped

    def _give_back(self, slot: SlotWork) -> None:
        if slot.following is not None:
            self._waiting[slot.need].appendleft(slot.following)
            slot.following = None

    def _claimants(self, need: Room) -> list[SlotWork]:
        """Return the slots with this need that prepare a task while they run another."""
        return [
            slot
            for slot in self.slots.values()
            if slot.need == need and slot.running is not None and slot.following is not None
        ]


def _need(task: CaseTask) -> Room:
    return Room.of_case(task.policy.limits)
