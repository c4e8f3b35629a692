"""What runs tasks: a pool in this process, or something that sends them to other machines."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from runner.cases.case_task import CaseTask
from runner.errors import EngineError
from runner.sandbox.host import Finding
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


class Executor(Protocol):
    """Runs tasks on an engine, or several that are alike.

    Attributes:
        engine_version: the engine's name and version, for the record.
        findings: what the engine's host gives the sandbox, and what it lacks.
    """

    @property
    def engine_version(self) -> str: ...  # noqa: D102
    @property
    def findings(self) -> tuple[Finding, ...]: ...  # noqa: D102

    def run(self, tasks: Sequence[CaseTask], begin: Begin, keep: Keep) -> Iterator[EndedTask]:
        """Run tasks, begun in their order, and yield each as it ends.

        After a fault of the engine a task is tried again, a few times. One that fails for good
        keeps no other from running.

        Args:
            begin, keep: called from any thread, and whether or not the next task is asked for.
        """
        ...
