"""The sandbox of one evaluation: cases are prepared ahead, run, and removed completely."""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from runner.contract.layout import PREDICTIONS
from runner.errors import EngineError, UsageError
from runner.files.shared_files import SharedFiles
from runner.progress import Say
from runner.sandbox.assets import AssetVolumes
from runner.sandbox.case import Host, PreparedCase, check_control, prepare_case, remove_case
from runner.sandbox.cleanup import collect_garbage, sweep
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import (
    HostFinding,
    engine_identity,
    examine_host,
    has_nested_cgroups,
    lacking,
)
from runner.sandbox.engine.image import Image
from runner.sandbox.keeper import ensure_keeper_image
from runner.sandbox.live_runs import recorded, settle
from runner.sandbox.policy import SandboxNames, SandboxPolicy
from runner.sandbox.run import run_case
from runner.sandbox.sandbox_run import SandboxRun

_NO_GPU = (
    ". The suite or --gpus asks for a GPU: install NVIDIA's container toolkit on the engine's host "
    "if it has one; `docker run --gpus all IMAGE` shows whether it works. --gpus 0 does without."
)


@dataclass(frozen=True)
class Preparation:
    """A case that is being made ready, by another thread."""

    names: SandboxNames
    case: Future[PreparedCase]


class Sandbox:
    """Runs cases on one engine, for several threads at a time. Made by ``open_sandbox``.

    Attributes:
        token: on all that it makes on the engine, and in the record of what runs.
        findings: what the engine's host provides and lacks.
    """

    def __init__(
        self,
        host: Host,
        token: str,
        findings: tuple[HostFinding, ...],
        say: Say,
        jobs: int,
    ) -> None:
        self._host, self.token, self._say = host, token, say
        self.findings = findings
        # As many threads as cases: preparing ahead must not take the predictors' processors.
        self._worker = ThreadPoolExecutor(max_workers=jobs)
        self._not_removed: deque[SandboxNames] = deque()
        self._uids: set[int] = set()
        self._read: set[str] = set()
        self._reading = threading.Lock()
        self._closing = threading.Event()
        self._assets = AssetVolumes(host, self._new_names)

    def prepare(
        self,
        image: Image,
        policy: SandboxPolicy,
        stage: Callable[[], Mapping[str, bytes]],
        *,
        assets: SharedFiles | None = None,
        reads_image: bool = False,
    ) -> Preparation:
        """Begin to prepare a case at once, while another case may run; return a handle.

        Args:
            stage: returns the files of /input by their path below it; called by another thread.
            assets: the files of /input/assets, which cases share; None for none.
            reads_image: read the whole image before its first case, so that no case can tell by
                what is in memory which files an earlier one has read.
        """
        names = self._new_names()
        prepared = self._worker.submit(
            self._prepare, image, policy, names, stage, assets, reads_image
        )
        return Preparation(names, prepared)

    def run(
        self,
        preparation: Preparation,
        wanted: Sequence[str] = (PREDICTIONS,),
        say: Say | None = None,
        ended: Callable[[], None] | None = None,
    ) -> SandboxRun:
        """Run a case when it is ready and return the result.

        Its container is removed by then; the rest is removed while the next case runs.

        Args:
            say: called while the container runs, instead of the sandbox's own.
            ended: called when the container is gone, and its output is still to be read.

        Raises:
            EngineError: the engine or the host failed; nothing is known about the predictor.
            CancelledError: the sandbox was stopped meanwhile.
        """
        try:
            case = preparation.case.result()
            self._require_open()
            run = run_case(self._host, case, say or self._say, wanted, ended)
            self._require_open()  # otherwise the sandbox itself may have ended it
        finally:
            with suppress(RuntimeError):  # stopped: close() removes it with all the rest
                self._worker.submit(self._remove, preparation.names)
        return run

    def forget(self, image: Image) -> None:
        """Read an image anew before its next case, because it is to be pulled again."""
        with self._reading:
            self._read.discard(image.id)

    def try_policy(self, policy: SandboxPolicy) -> None:
        """Start and remove a trusted container under a policy, to check that the engine can.

        Raises:
            UsageError: it can't, e.g. because there is no GPU.
        """
        names = self._new_names()
        try:
            case = prepare_case(self._host, self._host.keeper_image, policy, names, dict)
            check_control(self._host, policy, case.site)
        except EngineError as error:
            advice = _NO_GPU if policy.limits.gpus else ""
            raise UsageError(
                f"The engine can't run a container as asked: {error}{advice}"
            ) from error
        finally:
            remove_case(self._host.engine, names)

    def stop(self) -> None:
        """End every case that runs, and prepare no more."""
        self._closing.set()
        self._worker.shutdown(cancel_futures=True)
        with suppress(EngineError):  # close() removes the rest, or announces it
            sweep(self._host.engine, self.token)

    def close(self) -> bool:
        """Stop preparing cases, remove what is left, and return whether everything is removed."""
        self._worker.shutdown(cancel_futures=True)
        try:
            sweep(self._host.engine, self.token)
        except EngineError as error:
            self._say(f"{error} `runner gc`, or the next evaluation, removes what is left.")
            return False
        return True

    def _new_names(self) -> SandboxNames:
        """Return names whose uid no other case has that is prepared or runs now."""
        while True:
            names = SandboxNames(secrets.token_hex(6), self.token)
            if names.uid not in self._uids:
                self._uids.add(names.uid)
                return names

    def _require_open(self) -> None:
        if self._closing.is_set():
            raise CancelledError

    def _prepare(
        self,
        image: Image,
        policy: SandboxPolicy,
        names: SandboxNames,
        stage: Callable[[], Mapping[str, bytes]],
        assets: SharedFiles | None,
        reads_image: bool,
    ) -> PreparedCase:
        self._host.engine.await_answer(self._say)
        for _ in range(len(self._not_removed)):
            with suppress(IndexError):  # another thread was quicker
                self._remove(self._not_removed.popleft())
        volume = None if assets is None else self._assets.volume_of(assets)
        case = prepare_case(self._host, image, policy, names, stage, volume)
        if reads_image and case.container is not None:
            with self._reading:  # the image's other cases wait until it has been read
                if image.id not in self._read:
                    case.container.read_files()
                    self._read.add(image.id)
        return case

    def _remove(self, names: SandboxNames) -> None:
        try:
            remove_case(self._host.engine, names)
        except (
            EngineError
        ):  # the engine may be lost; tried again before the next case, and at the end
            self._not_removed.append(names)
        else:
            self._uids.discard(names.uid)


@contextmanager
def open_sandbox(
    engine: Engine, say: Say, jobs: int = 1, gpus: tuple[str, ...] = ()
) -> Iterator[Sandbox]:
    """Yield a sandbox on an engine that can keep all of the sandbox's promises.

    First it removes what killed runners left there. At the end it removes everything that was made
    in the sandbox, whatever happens; if the engine is lost, the next evaluation or `runner gc` does
    so.

    Args:
        jobs: how many cases will be run at a time, at most.
        gpus: the GPUs for cases that ask for some, as the engine names them; empty for its choice.

    Raises:
        EngineError: the engine can't keep a promise, or was lost.
    """
    engine.await_answer(say)
    info = engine.fetch_info()
    findings = examine_host(info, engine.fetch_version())
    _require_promises(findings)
    identity = engine_identity(info)
    collected = collect_garbage(engine, identity)
    for leftover in collected.removed:
        say(f"removed the {leftover.kind} {leftover.name}, left by a runner that was killed")
    for _, reason in collected.kept:
        say(f"left by a runner that was killed, and still there: {reason}")
    with recorded(identity) as entry:
        sandbox = Sandbox(_host(engine, info, gpus), entry.token, findings, say, jobs)
        try:
            yield sandbox
        finally:
            if sandbox.close():
                settle(entry)


def _require_promises(findings: tuple[HostFinding, ...]) -> None:
    missing = lacking(findings)
    if missing:
        listed = "; ".join(f"{finding.name}: {finding.found}" for finding in missing)
        raise EngineError(
            f"The engine can't keep what the sandbox promises ({listed}). `runner doctor` says "
            "what to do."
        )


def _host(engine: Engine, info: Mapping[str, Any], gpus: tuple[str, ...]) -> Host:
    architecture = str(info["Architecture"])
    return Host(
        engine=engine,
        architecture=architecture,
        keeper_image=ensure_keeper_image(engine, architecture),
        has_nested_cgroups=has_nested_cgroups(info),
        gpus=gpus,
    )
