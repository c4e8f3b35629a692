"""One task in a sandbox: prepared, and run once."""

from collections.abc import Callable, Mapping

from runner.evaluation.late_loading import load_staging
from runner.evaluation.task import CaseTask
from runner.progress import Say
from runner.sandbox.sandbox import Preparation, Sandbox
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.public_suite import PublicSuite


def prepare_task(sandbox: Sandbox, task: CaseTask, suite: PublicSuite) -> Preparation:
    """Begin to prepare a task, while others may run."""

    def stage() -> Mapping[str, bytes]:
        return load_staging()(task, suite).files

    return sandbox.prepare(
        task.image,
        task.policy,
        stage,
        assets=suite.shared_files,
        reads_image=task.reads_image,
    )


def run_task(
    sandbox: Sandbox,
    task: CaseTask,
    suite: PublicSuite,
    preparation: Preparation,
    say: Say,
    ended: Callable[[], None] | None = None,
) -> SandboxRun:
    """Run a task once.

    Args:
        say: called from time to time with a line of progress.
        ended: called when the container is gone, and its output is still to be read.

    Raises:
        EngineError: the engine failed, which says nothing about the predictor.
        CancelledError: the sandbox was closed meanwhile.
    """
    wanted = suite.case(task.case).wanted_files

    def announce_task(line: str) -> None:
        say(f"{task.title}: {line}")

    return sandbox.run(preparation, wanted, announce_task, ended)
