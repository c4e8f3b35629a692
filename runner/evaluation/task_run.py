"""One task in a sandbox: prepared, run, and run again after a fault of the engine."""

import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError

from runner.errors import EngineError
from runner.evaluation.task import CaseTask, stage_task
from runner.progress import Say
from runner.sandbox.run import SandboxRun
from runner.sandbox.sandbox import Preparation, Sandbox
from runner.suites.public_suite import PublicSuite

ATTEMPTS = 3
"""How often a case is run, at most, when the engine fails."""


def prepare_task(sandbox: Sandbox, task: CaseTask, suite: PublicSuite) -> Preparation:
    """Begin to prepare a task, while others may run."""

    def stage() -> Mapping[str, bytes]:
        return stage_task(task, suite).files

    return sandbox.prepare(task.image, task.policy, stage)


def run_task(
    sandbox: Sandbox,
    task: CaseTask,
    suite: PublicSuite,
    preparation: Preparation,
    say: Say,
    stopping: threading.Event,
) -> SandboxRun:
    """Run a task; run it again if the engine failed, which says nothing about the predictor.

    Args:
        say: called from time to time with a line of progress.
        stopping: set when nothing is to be tried again.

    Raises:
        EngineError: the engine failed each time.
        CancelledError: the sandbox was closed, or ``stopping`` set, meanwhile.
    """
    wanted = suite.case(task.case).wanted_files

    def announce_task(line: str) -> None:
        say(f"{task.title}: {line}")

    attempt = 1
    while True:
        try:
            return sandbox.run(preparation, wanted, announce_task)
        except EngineError as error:
            if attempt == ATTEMPTS:
                raise
            announce_task(f"{error} Trying again ({attempt} of {ATTEMPTS - 1}).")
        if stopping.wait(attempt):
            raise CancelledError
        attempt += 1
        preparation = prepare_task(sandbox, task, suite)
