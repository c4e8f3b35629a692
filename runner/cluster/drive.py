"""The drive of one batch on a Ray cluster: slots are added, fed and closed until all is over.

A slot is an actor that holds the CPUs and memory of one case, so that Ray finds a node for it and
puts nothing else there. Slots that find no room wait for it: for a node that joins, too.
"""

import itertools
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray

from runner.cases.budget import Budget
from runner.cases.case_task import CaseTask
from runner.cases.executor import Begin, EndedTask, Keep
from runner.cluster.code_version import code_versions
from runner.cluster.dispatch import Dispatch, SlotId
from runner.cluster.node import CaseSlot, NodeFacts, SlotEnd
from runner.errors import EngineError, RunnerError
from runner.sandbox.run import SandboxRun

LOOK_SECONDS = 0.5
"""How often it is looked whether the evaluation was interrupted."""

ROOM_SECONDS = 20
"""After how long without a slot it is told that there is no room."""

CLOSE_SECONDS = 60
"""How long a slot may take to end and remove what it has on its engine."""


@dataclass(frozen=True)
class Calls:
    """Whom a drive tells what, from its own thread.

    Attributes:
        begin, keep: see ``Executor``.
        put: called with each task that is over, or with what ends the whole batch.
        announce: called with one line at a time.
    """

    begin: Begin
    keep: Keep
    put: Callable[[EndedTask | BaseException], None]
    announce: Callable[[str], None]


@dataclass
class _Actor:
    """A slot on Ray's side.

    Attributes:
        handle: of the actor.
        pending: what it is to give next: a reference while it opens, then a generator; None if it
            has nothing to do.
    """

    handle: Any
    pending: Any = None
    is_open: bool = False


class Drive:
    """Runs one batch of tasks in slots.

    Args:
        tasks: in the order in which they are to be begun.
        most_slots: how many cases run at a time, at most.
        shared: where the nodes find the suites.
        calls: whom to tell what.
    """

    def __init__(
        self, tasks: Sequence[CaseTask], most_slots: int, shared: str, calls: Calls
    ) -> None:
        self._shared, self._calls = shared, calls
        self._dispatch = Dispatch(tasks, most_slots)
        self._actors: dict[SlotId, _Actor] = {}
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._room_deadline = time.monotonic() + ROOM_SECONDS

    def run(self) -> None:
        """Run all tasks, in a thread of its own."""
        try:
            while not self._dispatch.is_over and not self._stopping.is_set():
                self._arrange()
                for name in self._wait():
                    self._take(name)
        except BaseException as error:  # noqa: BLE001  (for the thread that asked, to raise)
            self._calls.put(error)
        finally:
            self._close()

    def stop(self) -> None:
        """Have the thread that runs end all cases, and itself."""
        self._stopping.set()

    def _arrange(self) -> None:
        """Add the slots that are wanted, and give free ones their next task."""
        for name in self._dispatch.superfluous():
            self._remove(name)
        for need in list(self._dispatch.wanted()):
            name = next(self._numbers)
            self._dispatch.add(name, need)
            self._actors[name] = _start_slot(need, self._shared)
        for name, actor in self._actors.items():
            if actor.is_open and actor.pending is None:
                self._assign(name, actor)

    def _assign(self, name: SlotId, actor: _Actor) -> None:
        assigned = self._dispatch.assign(name)
        if assigned is not None:
            self._calls.begin(assigned[0])
            run = actor.handle.run.options(num_returns="streaming")
            actor.pending = run.remote(*(task and _to_send(task) for task in assigned))

    def _wait(self) -> list[SlotId]:
        """Return the slots that have something to give."""
        waiting = {id(actor.pending): name for name, actor in self._actors.items() if actor.pending}
        references = [actor.pending for actor in self._actors.values() if actor.pending]
        given, _ = ray.wait(references, timeout=LOOK_SECONDS, fetch_local=False)
        if not given and time.monotonic() > self._room_deadline:
            self._tell_of_room()
        return [waiting[id(reference)] for reference in given]

    def _tell_of_room(self) -> None:
        self._room_deadline = float("inf")
        if not any(actor.is_open for actor in self._actors.values()):
            self._calls.announce(
                "no node of the Ray cluster has room for a case; waiting for others to end, or for "
                "a node to join (`ray status` shows who uses it)"
            )

    def _take(self, name: SlotId) -> None:
        """Take what a slot gives: a line, what it has, or what came of a task."""
        actor = self._actors[name]
        try:
            given = ray.get(next(actor.pending) if actor.is_open else actor.pending)
        except ray.exceptions.RayTaskError:
            raise  # a bug: what can fail on a node comes as a value
        except (ray.exceptions.RayError, StopIteration) as error:
            self._lose(name, error)
            return
        if isinstance(given, str):
            self._calls.announce(given)
        elif isinstance(given, SlotEnd):
            self._end(name, given)
        elif isinstance(given, NodeFacts):
            actor.is_open, actor.pending = True, None
        else:
            self._shut(name, given)

    def _end(self, name: SlotId, end: SlotEnd) -> None:
        self._actors[name].pending = None
        if isinstance(end.result, SandboxRun):
            task = self._dispatch.end(name)
            self._calls.keep(task, end.result)
            self._calls.put(EndedTask(task, end.result))
        elif isinstance(end.result, EngineError):
            self._retry(name, end.result)
            if not end.engine_answers:
                self._shut(name, end.result)
        else:
            raise end.result

    def _lose(self, name: SlotId, error: Exception) -> None:
        """Go on without a slot whose node, or process, is gone."""
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        self._calls.announce(
            f"a node of the Ray cluster was lost; what ran there is run again ({reason})"
        )
        self._retry(name, EngineError(f"The case's node was lost each time ({reason})."))
        self._remove(name)

    def _retry(self, name: SlotId, error: EngineError) -> None:
        failed = self._dispatch.retry(name)
        if failed is not None:
            self._calls.put(EndedTask(failed, error))

    def _shut(self, name: SlotId, error: RunnerError) -> None:
        """Use a slot no more, and keep its place: another there would fare no better."""
        self._calls.announce(f"no more cases for one slot of the Ray cluster: {error}")
        self._actors[name].pending = None
        self._dispatch.shut(name)
        if all(slot.is_shut for slot in self._dispatch.slots.values()):
            self._give_up(error)

    def _give_up(self, error: RunnerError) -> None:
        if not isinstance(error, EngineError):
            raise error
        for task in self._dispatch.drop():
            self._calls.put(EndedTask(task, error))

    def _remove(self, name: SlotId) -> None:
        self._dispatch.remove(name)
        actor = self._actors.pop(name)
        _close_slots([actor], is_stopped=False)

    def _close(self) -> None:
        running = any(slot.running for slot in self._dispatch.slots.values())
        _close_slots(list(self._actors.values()), is_stopped=running)


def _start_slot(need: Budget, shared: str) -> _Actor:
    """Ask Ray for a slot; it opens when there is room for it."""
    # Ray takes fractions of a CPU below 1 only.
    cpus = need.cpus if need.cpus <= 1 else math.ceil(need.cpus)
    slot: Any = ray.remote(CaseSlot)
    handle = slot.options(
        num_cpus=cpus,
        memory=need.memory_bytes,
        scheduling_strategy="SPREAD",
        max_concurrency=2,  # it can be stopped while it runs a case
    ).remote(dict(code_versions()), shared)
    return _Actor(handle, handle.open.remote())


def _close_slots(actors: Sequence[_Actor], *, is_stopped: bool) -> None:
    """Have slots remove what they have on their engines, and end them."""
    opened = [actor.handle for actor in actors if actor.is_open]
    for end in ("stop", "close") if is_stopped else ("close",):
        references = [getattr(handle, end).remote() for handle in opened]
        if references:
            ray.wait(references, num_returns=len(references), timeout=CLOSE_SECONDS)
    for actor in actors:
        ray.kill(actor.handle)


def _to_send(task: CaseTask) -> CaseTask:
    """Return the task without what is the head's alone."""
    return replace(task, suite_root=Path())
