"""The executor of this process: a pool of threads on one engine, within its budget.

Threads are enough, because the engine does the work. Python's own part of a case is mostly writing
Parquet, in libraries that let other threads run meanwhile.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial

from runner.errors import EngineError, LackOfRoomError, RunnerError, UsageError
from runner.evaluation.budget import Budget
from runner.evaluation.executor import (
    PAUSE_SECONDS,
    Attempts,
    Begin,
    Ended,
    EndedTask,
    Keep,
    Suites,
    take_ended,
)
from runner.evaluation.task import CaseTask
from runner.evaluation.task_queue import Gone, TaskQueue
from runner.evaluation.task_run import prepare_task, run_task
from runner.files.bug_log import attempt, keep_bug
from runner.progress import Say
from runner.sandbox.batch_images import BatchImages
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import HostFinding
from runner.sandbox.engine.image import Image
from runner.sandbox.engine.room import lack_of_room
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox import Preparation, Sandbox, open_sandbox
from runner.sandbox.sandbox_run import SandboxRun


class _Share:
    """A taken task's share of the budget, held while its container may run."""

    def __init__(self, queue: TaskQueue, task: CaseTask) -> None:
        self._queue, self._task = queue, task
        self._is_held = True

    def free(self) -> None:
        """Let another task begin, although this one's output is still to be read."""
        if self._is_held:
            self._is_held = False
            self._queue.give_back(self._task)

    def hold(self) -> None:
        """Wait for the share again if it was freed: the task is tried once more."""
        if not self._is_held:
            self._queue.take_again(self._task)
            self._is_held = True


class LocalPool:
    """Runs tasks on one engine, several at a time. Made by ``open_local_pool``."""

    def __init__(
        self,
        engine: Engine,
        sandbox: Sandbox,
        jobs: int,
        budget: Budget,
        images: BatchImages | None = None,
    ) -> None:
        self._images = images
        self._engine, self._sandbox = engine, sandbox
        self._jobs, self._budget = jobs, budget
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._queue: TaskQueue | None = None
        self._tried: set[tuple[str | None, int]] = set()
        self.engine_version = engine.describe_version()

    @property
    def findings(self) -> tuple[HostFinding, ...]:
        """Return what the engine's host provides for the sandbox, and what it lacks."""
        return self._sandbox.findings

    def run(
        self, tasks: Sequence[CaseTask], suites: Suites, begin: Begin, keep: Keep, say: Say
    ) -> Iterator[EndedTask]:
        """Run tasks and yield each as it ends; see ``Executor``.

        Raises:
            UsageError: a task needs more than the whole budget, or a runtime or GPU that the engine
                lacks. Nothing has been run then.
        """
        for policy in {task.policy: None for task in tasks}:
            self._check(policy)
        self._suites, self._say = suites, say
        ordered = self._ordered(tasks)
        queue = TaskQueue(ordered, self._jobs, self._budget, self._prepare, self._is_gone)
        self._queue, ended = queue, Ended()
        if queue.find_gone() is not None:
            # No thread to be waited for at the end: a pull may take long.
            threading.Thread(target=self._fetch_gone, args=(queue, ended), daemon=True).start()
        # Twice as many as run at a time: while a container's output is read, measured and kept,
        # another thread starts the next one.
        for _ in range(min(2 * self._jobs, len(tasks))):
            # Daemons: the process can end although a thread still waits for a lost engine.
            thread = threading.Thread(
                target=self._work, args=(queue, begin, keep, ended), daemon=True
            )
            self._threads.append(thread)
            thread.start()
        yield from take_ended(ended, len(tasks))

    def stop(self) -> None:
        """End what runs; nobody will take the results."""
        self._stopping.set()
        if self._queue is not None:
            self._queue.drop()
        if any(thread.is_alive() for thread in self._threads):
            self._sandbox.stop()
            if self._engine.answers():  # otherwise they would wait for the engine to come back
                for thread in self._threads:
                    thread.join()

    def _ordered(self, tasks: Sequence[CaseTask]) -> Sequence[CaseTask]:
        """Return the tasks; if an image is gone, by image, and those that are there first."""
        if not any(self._is_gone(task.image) for task in tasks):
            return tasks
        places = {one: place for place, one in enumerate(dict.fromkeys(t.image.id for t in tasks))}
        return sorted(tasks, key=lambda one: (self._is_gone(one.image), places[one.image.id]))

    def _is_gone(self, image: Image) -> bool:
        return self._images is not None and self._images.is_gone(image)

    def _fetch_gone(self, queue: TaskQueue, ended: Ended) -> None:
        """Pull the images that tasks wait for, one after another, while others' containers run."""
        while not self._stopping.is_set() and (gone := queue.find_gone()) is not None:
            fault = attempt(partial(self._fetch, gone))
            if isinstance(fault, LackOfRoomError) and queue.await_end(gone):
                continue
            if fault is None:
                queue.bring_back()
            else:
                for task in queue.drop_image(gone.image):
                    ended.put(EndedTask(task, fault))

    def _fetch(self, gone: Gone) -> None:
        if self._images is not None:
            self._sandbox.forget(gone.image)
            self._images.fetch(gone.image, gone.sooner, gone.later)

    def _prepare(self, task: CaseTask) -> Preparation:
        return prepare_task(self._sandbox, task, self._suites[task.suite_digest])

    def _check(self, policy: SandboxPolicy) -> None:
        need = Budget.of_case(policy.limits)
        if not self._budget.holds(need):
            raise UsageError(
                f"One case may use {need}; the budget of all that run at a time is {self._budget}. "
                "Lower --cpus or --memory-mib, or raise --budget as far as the host goes."
            )
        special = (policy.runtime, policy.limits.gpus)
        if any(special) and special not in self._tried:
            self._sandbox.try_policy(policy)
            self._tried.add(special)

    def _work(
        self,
        queue: TaskQueue,
        begin: Begin,
        keep: Keep,
        ended: Ended,
    ) -> None:
        """Run one task after another, until none is left."""
        try:
            while not self._stopping.is_set() and (taken := queue.take()) is not None:
                task, preparation = taken
                begin(task)
                result = self._result(queue, task, preparation)
                if isinstance(result, SandboxRun):
                    keep(task, result)
                queue.end(task)
                ended.put(EndedTask(task, result))
                if isinstance(result, EngineError) and not self._engine.answers():
                    for dropped in queue.drop():
                        ended.put(EndedTask(dropped, result))
        except BaseException as error:  # noqa: BLE001  (for the thread that asked, to raise)
            queue.drop()
            ended.put(error)

    def _result(
        self, queue: TaskQueue, task: CaseTask, preparation: Preparation
    ) -> SandboxRun | RunnerError:
        share = _Share(queue, task)
        try:
            return self._try(task, preparation, share)
        except (RunnerError, CancelledError):
            raise
        except Exception as error:  # noqa: BLE001  (a bug costs only the image that met it)
            return keep_bug(error)
        finally:
            share.free()

    def _try(
        self, task: CaseTask, preparation: Preparation, share: _Share
    ) -> SandboxRun | EngineError:
        """Run a task, again after a fault of the engine; return its last fault if none ran."""
        attempts, suite = Attempts(), self._suites[task.suite_digest]
        while True:
            attempts.begin(task)
            try:
                return run_task(self._sandbox, task, suite, preparation, self._say, share.free)
            except EngineError as error:
                if self._stopping.is_set():  # its container was removed from under it
                    raise CancelledError from error
                if attempts.are_over(task):
                    return error
                self._say(attempts.describe_next(task, error))
            if self._stopping.wait(PAUSE_SECONDS):
                raise CancelledError
            share.hold()
            preparation = self._prepare(task)


@contextmanager
def open_local_pool(
    engine: Engine,
    jobs: int,
    say: Say,
    budget: str | None = None,
    images: BatchImages | None = None,
) -> Iterator[LocalPool]:
    """Yield a pool on an engine; at the end, everything that it made is removed.

    Args:
        jobs: how many cases run at a time, at most.
        say: called from any thread, with a line about the engine or its host.
        budget: what the running containers may have together, as ``Budget.read`` takes it; by
            default all that the host has.
        images: those of the batch, if some may have to be pulled again.

    Raises:
        EngineError: the engine can't keep a promise of the sandbox, or was lost.
    """
    with open_sandbox(engine, say, jobs) as sandbox:
        info = engine.fetch_info()
        lack = lack_of_room(info)
        if lack is not None:
            say(lack)
        host = Budget.of_host(info)
        allowed = host if budget is None else Budget.read(budget, host)
        if images is not None:
            images.token = sandbox.token
        pool = LocalPool(engine, sandbox, jobs, allowed, images)
        try:
            yield pool
        finally:
            pool.stop()
