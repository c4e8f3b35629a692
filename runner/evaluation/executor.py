"""What runs tasks: a pool in this process, or something that sends them to other machines."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

from runner.errors import EngineError
from runner.evaluation.task import CaseTask
from runner.sandbox.engine.host import HostFinding
from runner.sandbox.run import SandboxRun

Begin = Callable[[CaseTask], None]
"""Called when a task's container is about to be started."""

Keep = Callable[[CaseTask, SandboxRun], None]
"""Called at once with what a container left; what it raises ends the whole batch."""


@dataclass(frozen=True)
class EndedTask:
    """A task that is over: what its container left, or why nothing is known of it."""

    task: CaseTask
    result: SandboxRun | EngineError


Ended = SimpleQueue[EndedTask | BaseException]
"""What an executor's threads hand over: tasks that are over, or what ends the whole batch."""

LOOK_SECONDS = 0.2
"""How long an interrupt may wait to be noticed."""


def take_ended(ended: Ended, tasks: int) -> Iterator[EndedTask]:
    """Yield so many tasks as they end; raise what ends the whole batch."""
    for _ in range(tasks):
        one = _next(ended)
        if isinstance(one, BaseException):
            raise one
        yield one


def _next(ended: Ended) -> EndedTask | BaseException:
    """Return what ends next.

    Polars handles SIGINT so that what waits without a time is not woken: look now and then.
    """
    while True:
        with suppress(Empty):
            return ended.get(timeout=LOOK_SECONDS)


class Executor(Protocol):
    """Runs tasks on an engine, or several that are alike.

    Attributes:
        engine_version: the engine's name and version, for the record.
        findings: what the engine's host gives the sandbox, and what it lacks.
    """

    @property
    def engine_version(self) -> str: ...  # noqa: D102
    @property
    def findings(self) -> tuple[HostFinding, ...]: ...  # noqa: D102

    def run(self, tasks: Sequence[CaseTask], begin: Begin, keep: Keep) -> Iterator[EndedTask]:
        """Run tasks, begun in their order, and yield each as it ends.

        After a fault of the engine a task is tried again, a few times. One that fails for good
        keeps no other from running.

        Args:
            begin, keep: called from any thread, and whether or not the next task is asked for.
        """
        ...
