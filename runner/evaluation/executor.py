"""What runs tasks: a pool in this process, or something that sends them to other machines.

Also what all of them share: how often a case is run if the engine fails, and how ended tasks come.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

from runner.errors import EngineError, RunnerError
from runner.evaluation.task import CaseTask
from runner.progress import Say
from runner.sandbox.engine.host import HostFinding
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.public_suite import PublicSuite

One = TypeVar("One")

Begin = Callable[[CaseTask], None]
"""Called when a task's container is about to be started."""

Suites = Mapping[str, PublicSuite]
"""By digest: without their private halves, so that no executor has an actual."""

Keep = Callable[[CaseTask, SandboxRun], None]
"""Called at once with a container's result; an exception from it aborts the batch."""


@dataclass(frozen=True)
class EndedTask:
    """A task that is over: its container's result, or why there is none."""

    task: CaseTask
    result: SandboxRun | RunnerError


Ended = SimpleQueue[EndedTask | BaseException]
"""What an executor's threads pass on: tasks that are over, or an exception for the batch."""

MOST_ATTEMPTS = 3
"""How often a case is run, at most, whether its engine failed or its node was lost."""

PAUSE_SECONDS = 1
"""How long an engine that has failed is left alone before its next case."""

LOOK_SECONDS = 0.2
"""How long it may take to notice an interrupt."""


def take_ended(ended: Ended, tasks: int) -> Iterator[EndedTask]:
    """Yield this many tasks as they end; raise the exception that aborts the batch."""
    for _ in range(tasks):
        one = next_of(ended)
        if isinstance(one, BaseException):
            raise one
        yield one


def next_of(ended: SimpleQueue[One]) -> One:
    """Return what ends next.

    Polars handles SIGINT in a way that does not end a wait without a timeout, so this wait has one.
    And the queue takes no lock of Python's: an interrupt could leave one closed, which the thread
    that ends what runs would wait for, for ever.
    """
    while True:
        with suppress(Empty):
            return ended.get(timeout=LOOK_SECONDS)


class Attempts:
    """Counts how often each task was begun."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()  # by identity: keys take long to compare

    def begin(self, task: CaseTask) -> None:
        """Count one more attempt."""
        self._begun[id(task)] += 1

    def are_over(self, task: CaseTask) -> bool:
        """Return whether a task that has failed is not tried again."""
        return self._begun[id(task)] >= MOST_ATTEMPTS

    def describe_next(self, task: CaseTask, error: EngineError) -> str:
        """Return a line of progress: why a task is tried again."""
        again = f"Trying again ({self._begun[id(task)]} of {MOST_ATTEMPTS - 1})."
        return f"{task.title}: {error} {again}"


class Executor(Protocol):
    """Runs tasks on one engine, or on several engines that are alike.

    Attributes:
        engine_version: the engine's name and version, for the record.
        findings: what the engine's host provides for the sandbox, and what it lacks.
    """

    @property
    def engine_version(self) -> str: ...  # noqa: D102
    @property
    def findings(self) -> tuple[HostFinding, ...]: ...  # noqa: D102

    def run(
        self, tasks: Sequence[CaseTask], suites: Suites, begin: Begin, keep: Keep, say: Say
    ) -> Iterator[EndedTask]:
        """Run tasks, begun in their order, and yield each as it ends.

        Where an image has to be pulled again they are begun image by image.

        After a fault of the engine a task is tried again, a few times. A task that fails for good,
        or that meets a bug, does not stop the others.

        Args:
            suites: those of the tasks, open.
            begin, keep: called from any thread, also while nobody asks for the next task.
            say: called with each line about a single task, from any thread. It is not the
                executor's own: who may see how cases end need not see how long one takes.
        """
        ...
