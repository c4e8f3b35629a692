"""A node's part of a case: get the suite and the image, run the case, return the result.

This module uses neither Ray nor any actual.
"""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue

from runner.cluster.shared_suites import fetch_suite
from runner.code_version import code_versions, describe_difference
from runner.contract.limits import Limits
from runner.errors import EngineError, RunnerError, UsageError
from runner.evaluation.executor import PAUSE_SECONDS
from runner.evaluation.task import CaseTask
from runner.evaluation.task_run import prepare_task, run_task
from runner.progress import Say
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import HostFinding, examine_host, lacking
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.pulled_images import obtain_again
from runner.sandbox.sandbox import Preparation, Sandbox, open_sandbox
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.public_suite import PublicSuite


@dataclass(frozen=True)
class NodeFacts:
    """What a node has for running cases.

    Attributes:
        host: the node's name.
        engine_version: its engine's version, for the record.
        findings: what its engine's host provides for the sandbox, and what it lacks.
        runtimes: the OCI runtimes that its engine knows.
    """

    host: str
    engine_version: str
    findings: tuple[HostFinding, ...]
    runtimes: tuple[str, ...]


@dataclass(frozen=True)
class SlotEnd:
    """The end of a task on a slot.

    Attributes:
        result: its container's result, or why there is none.
        engine_answers: whether the slot can still be used.
    """

    result: SandboxRun | Exception
    engine_answers: bool = True


def examine_node(versions: Mapping[str, str]) -> NodeFacts | RunnerError:
    """Return what this node has, or the error why it can run no case.

    Args:
        versions: of the head's code.
    """
    host = socket.gethostname()
    difference = describe_difference(versions, code_versions())
    if difference is not None:
        return UsageError(
            f"The node {host} has other code than this machine: {difference}. Install the same on "
            "both."
        )
    try:
        engine = Engine.connect()
        info = engine.fetch_info()
        findings = examine_host(info, engine.fetch_version())
        described = engine.describe_version()
    except EngineError as error:
        return EngineError(
            f"The node {host} can run no case: {error} Start an engine there, or start that node "
            "of Ray with `--num-cpus 0`, so that it is sent none."
        )
    for one in lacking(findings):
        return EngineError(f"The node {host} can run no case: {one.name}: {one.found}.")
    return NodeFacts(host, described, findings, tuple(sorted(info["Runtimes"])))


class CaseSlot:
    """A place for one case at a time on this node's engine.

    Args:
        versions: of the head's code; this node must have the same.
        shared: where the suites are.
        registries: where images may be fetched from; None for anywhere.
        gpus: the GPUs of this slot's own, as the engine names them: numbers or UUIDs.
    """

    def __init__(
        self,
        versions: Mapping[str, str],
        shared: str,
        registries: Sequence[str] | None,
        gpus: Sequence[str],
    ) -> None:
        self._versions, self._shared, self._registries = versions, shared, registries
        self._gpus = tuple(gpus)
        self._opened = ExitStack()
        self._stopping = threading.Event()
        self._ready: dict[str, Future[Preparation]] = {}
        self._suites: dict[str, PublicSuite] = {}  # open as long as the slot
        self._items: SimpleQueue[str | SlotEnd] = SimpleQueue()

    def open(self) -> NodeFacts | RunnerError:
        """Prepare for cases; return what the node has, or the error why it can run none."""
        facts = examine_node(self._versions)
        if isinstance(facts, RunnerError):
            return facts
        try:
            self._engine = Engine.connect()
            self._sandbox: Sandbox = self._opened.enter_context(
                open_sandbox(self._engine, self._say, gpus=self._gpus)
            )
            if self._gpus:
                self._sandbox.try_policy(SandboxPolicy(Limits(gpus=len(self._gpus))))
        except UsageError as error:  # of the node, not of who asked
            return EngineError(f"The node {facts.host} can run no case with a GPU: {error}")
        except RunnerError as error:
            return error
        self._ahead = self._opened.enter_context(ThreadPoolExecutor(max_workers=1))
        return facts

    def run(self, task: CaseTask, following: CaseTask | None) -> Iterator[str | SlotEnd]:
        """Run a task; yield lines of progress and, last, the task's end.

        Args:
            following: the task to prepare meanwhile.
        """
        threading.Thread(target=self._work, args=(task, following), daemon=True).start()
        while isinstance(item := self._items.get(), str):
            yield item
        yield item

    def stop(self) -> None:
        """End what runs; nobody will take the results."""
        self._stopping.set()
        self._sandbox.stop()

    def close(self) -> None:
        """Remove all that is left on the engine."""
        self._opened.close()

    def _say(self, line: str) -> None:
        self._items.put(line)

    def _work(self, task: CaseTask, following: CaseTask | None) -> None:
        try:
            end = SlotEnd(self._run(task, following))
        except EngineError as error:
            self._stopping.wait(PAUSE_SECONDS)
            end = SlotEnd(error, self._engine.answers())
        except Exception as error:  # noqa: BLE001  (for the head, to raise)
            end = SlotEnd(error)
        self._items.put(end)

    def _run(self, task: CaseTask, following: CaseTask | None) -> SandboxRun:
        making = self._make_ready(task)
        del self._ready[task.key.digest]
        preparation = making.result()
        if following is not None:
            self._make_ready(following)
        suite = self._suites[task.suite_digest]
        return run_task(self._sandbox, task, suite, preparation, self._say)

    def _make_ready(self, task: CaseTask) -> Future[Preparation]:
        """Begin to prepare a task, unless that has begun already."""
        key = task.key.digest
        if key not in self._ready:
            self._ready[key] = self._ahead.submit(self._prepare, task)
        return self._ready[key]

    def _prepare(self, task: CaseTask) -> Preparation:
        digest = task.suite_digest
        if digest not in self._suites:
            self._suites[digest] = fetch_suite(self._shared, digest)
        ensure_image(self._engine, task.image, self._registries, self._say)
        return prepare_task(self._sandbox, task, self._suites[digest])


def ensure_image(engine: Engine, image: Image, registries: Sequence[str] | None, say: Say) -> None:
    """Fetch an image by its digest if this node's engine lacks it.

    An image may have digests of several registries, which the head did not ask: it had the image,
    or got it from another. So each is checked here.

    Raises:
        EngineError: it can't be fetched, or is another image here; not the predictor's fault.
    """
    if obtain_again(engine, image, say, registries):
        return
    host = socket.gethostname()
    known = ", ".join(image.digests) or "it has none: push it to one, and evaluate it by that name"
    allowed = "a registry" if registries is None else f"one of {', '.join(registries)}"
    raise EngineError(
        f"{image.reference}: the node {host} does not have it ({image.id}), and can't get it from "
        f"{allowed} by its digest ({known})."
    )
