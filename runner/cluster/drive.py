"""Drives one batch on a Ray cluster: adds slots, gives them tasks, and closes them at the end.

A slot is an actor that reserves the CPUs, memory and GPUs of one case, so that Ray finds a node for
it and puts nothing else there. Slots without room wait until some is free, or until a node joins.
"""

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import ray

from runner.cluster.dispatch import Dispatch, SlotId
from runner.cluster.node import NodeFacts, SlotEnd
from runner.cluster.room import Room
from runner.cluster.slots import Actor, close_slots, start_slot
from runner.errors import EngineError, RunnerError, UsageError
from runner.evaluation.executor import Begin, EndedTask, Keep
from runner.evaluation.task import CaseTask
from runner.progress import Say
from runner.sandbox.sandbox_run import SandboxRun

LOOK_SECONDS = 0.5
"""How often the drive checks whether the evaluation was interrupted."""

ROOM_SECONDS = 20
"""After how long without a slot the drive announces that there is no room."""

MOST_LOST_UNOPENED = 5
"""How many slots in a row may be lost before they open."""


@dataclass(frozen=True)
class Calls:
    """The callbacks of a drive, called from its own thread.

    Attributes:
        begin, keep: see ``Executor``.
        put: called with each task that is over, or with the exception that aborts the batch.
        say: called with a line about the cluster.
        say_of_task: called with a line about a task, or of a node that runs one.
        meet: called with what a node has, when a slot on it opens.
    """

    begin: Begin
    keep: Keep
    put: Callable[[EndedTask | BaseException], None]
    say: Say
    say_of_task: Say
    meet: Callable[[NodeFacts], None]


class Drive:
    """Runs one batch of tasks in slots.

    Args:
        tasks: in the order in which they are to be begun.
        most_slots: how many cases run at a time, at most.
        places: how many cases of each need the cluster has room for.
        shared: where the nodes find the suites.
        registries: where they may fetch images from; None for anywhere.
        calls: the callbacks.
    """

    def __init__(
        self,
        tasks: Sequence[CaseTask],
        most_slots: int,
        places: Mapping[Room, int],
        shared: str,
        registries: Sequence[str] | None,
        calls: Calls,
    ) -> None:
        self._shared, self._registries, self._calls = shared, registries, calls
        self._places, self._dispatch = places, Dispatch(tasks, most_slots)
        self._lost_unopened = 0
        self._actors: dict[SlotId, Actor] = {}
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._room_deadline = time.monotonic() + ROOM_SECONDS

    def run(self) -> None:
        """Run all tasks; called in a thread of its own."""
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
        """Ask the drive's thread to end all cases, and then itself."""
        self._stopping.set()

    def _arrange(self) -> None:
        """Add the slots that are needed, and give free slots their next task."""
        for name in self._dispatch.superfluous():
            self._remove(name)
        for need in list(self._dispatch.wanted()):
            name = next(self._numbers)
            self._dispatch.add(name, need)
            self._actors[name] = start_slot(need, self._shared, self._registries)
        for name, actor in self._actors.items():
            if actor.is_open and actor.pending is None:
                self._assign(name, actor)

    def _assign(self, name: SlotId, actor: Actor) -> None:
        assigned = self._dispatch.assign(name)
        if assigned is not None:
            self._calls.begin(assigned[0])
            run = actor.handle.run.options(num_returns="streaming")
            actor.pending = run.remote(*assigned)

    def _wait(self) -> list[SlotId]:
        """Wait; return the slots that have a result."""
        waiting = {id(actor.pending): name for name, actor in self._actors.items() if actor.pending}
        references = [actor.pending for actor in self._actors.values() if actor.pending]
        given, others = ray.wait(references, timeout=LOOK_SECONDS, fetch_local=False)
        if given and others:  # all slots with a result, not just one: there may be a thousand
            given += ray.wait(others, num_returns=len(others), timeout=0, fetch_local=False)[0]
        if not given and time.monotonic() > self._room_deadline:
            self._tell_of_room()
        return [waiting[id(reference)] for reference in given]

    def _tell_of_room(self) -> None:
        self._room_deadline = float("inf")
        if not any(actor.is_open for actor in self._actors.values()):
            self._calls.say(
                "no node of the Ray cluster has room for a case; waiting for others to end, or for "
                "a node to join (`ray status` shows who uses it)"
            )

    def _take(self, name: SlotId) -> None:
        """Take a slot's result: a line of progress, its node's facts, or the end of a task."""
        actor = self._actors[name]
        try:
            given = ray.get(next(actor.pending) if actor.is_open else actor.pending)
        except ray.exceptions.RayTaskError:
            raise  # a bug: expected failures on a node are returned as values
        except (ray.exceptions.RayError, StopIteration) as error:
            self._lose(name, error)
            return
        if isinstance(given, str) and not actor.is_open:
            raise UsageError(given)
        if isinstance(given, str):
            self._calls.say_of_task(given)
        elif isinstance(given, SlotEnd):
            self._end(name, given)
        elif isinstance(given, NodeFacts):
            actor.is_open, actor.pending = True, None
            self._calls.meet(given)
        else:
            self._shut(name, given)

    def _end(self, name: SlotId, end: SlotEnd) -> None:
        self._actors[name].pending = None
        if isinstance(end.result, SandboxRun):
            task = self._dispatch.end(name)
            self._calls.keep(task, end.result)
            self._calls.put(EndedTask(task, end.result))
        elif isinstance(end.result, EngineError):
            task = self._dispatch.running(name)
            if self._retry(name, end.result):
                self._calls.say_of_task(self._dispatch.attempts.describe_next(task, end.result))
            if not end.engine_answers:
                self._shut(name, end.result)
        else:
            raise end.result

    def _lose(self, name: SlotId, error: Exception) -> None:
        """Go on without a slot whose node or process was lost."""
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        self._lost_unopened = 0 if self._actors[name].is_open else self._lost_unopened + 1
        if self._lost_unopened > MOST_LOST_UNOPENED:
            raise EngineError(f"Ray can't start the runner's process on its nodes: {error}")
        self._calls.say(f"a node of the Ray cluster was lost; its cases are run again ({reason})")
        self._retry(name, EngineError(f"The case's node was lost each time ({reason})."))
        self._remove(name)

    def _retry(self, name: SlotId, error: EngineError) -> bool:
        """Return whether a slot's task is tried again; if not, it is over."""
        failed = self._dispatch.retry(name)
        if failed is not None:
            self._calls.put(EndedTask(failed, error))
        return failed is None

    def _shut(self, name: SlotId, error: RunnerError) -> None:
        """Stop using a slot but keep its place, because Ray would put the next slot there.

        Raises:
            UsageError: a node has other code.
        """
        if not isinstance(error, EngineError):
            raise error
        self._calls.say(f"a slot of the Ray cluster gets no more cases: {error}")
        self._actors[name].pending = None
        self._dispatch.shut(name)
        for task in self._dispatch.drop(self._hopeless()):
            self._calls.put(EndedTask(task, error))

    def _hopeless(self) -> list[Room]:
        """Return the needs whose places are all taken by slots that are shut."""
        shut = [slot.need for slot in self._dispatch.slots.values() if slot.is_shut]
        is_all = len(shut) >= max(self._places.values())
        return [need for need, most in self._places.items() if is_all or shut.count(need) >= most]

    def _remove(self, name: SlotId) -> None:
        self._dispatch.remove(name)
        actor = self._actors.pop(name)
        close_slots([actor], is_stopped=False)

    def _close(self) -> None:
        running = any(slot.running for slot in self._dispatch.slots.values())
        close_slots(list(self._actors.values()), is_stopped=running)
