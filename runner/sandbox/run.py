"""One case in one container: start, run to the end or the deadline, read its output."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from runner.contract.layout import OUTPUT_DIR, PREDICTIONS
from runner.contract.limits import Limits
from runner.errors import EngineError, EngineLostError, EngineRefusedError
from runner.progress import Say
from runner.sandbox.case import Host, PreparedCase, check_control, refusal_of
from runner.sandbox.container_end import cut_log, find_interference, lifetime, read_end
from runner.sandbox.engine.container import Container
from runner.sandbox.engine.engine import Engine
from runner.sandbox.kernel_counts import read_counts
from runner.sandbox.outcome import ContainerEnd, clocks_disagree, could_be_host_kill
from runner.sandbox.output_archive import read_output
from runner.sandbox.resources import ResourceUse
from runner.sandbox.sampler import SAMPLE_SECONDS, Measured, Sampler, largest, read_stats
from runner.sandbox.sandbox_run import SandboxRun

NOT_STARTED_EXIT_CODE = 127
"""The exit codes that shells and engines use for a program that can't be started."""

KILL_SECONDS = 30
"""How long the engine may take to end a killed container before it counts as broken."""

HEARTBEAT_SECONDS = 30
"""How often a long run is announced, and the engine is asked whether it still answers."""

EVENT_SECONDS = 0.5
"""How long after a container's end the engine may still record what ended it."""


RARELY_SECONDS = 10
"""How often a container is measured if the kernel counts its use to the end anyway. Each
measurement may delay the final count by a second, so a short run has none."""


def run_case(
    host: Host,
    case: PreparedCase,
    say: Say,
    wanted: Sequence[str] = (PREDICTIONS,),
    ended: Callable[[], None] | None = None,
) -> SandboxRun:
    """Start a prepared case, remove its container, and return the result.

    Args:
        say: called from time to time, with one line, while the container runs.
        wanted: names of files of ``/output`` to read.
        ended: called when the container is gone, and its output is still to be read. On another
            machine that takes up to a second: engines before 25 measure what containers use once a
            second at most.

    Raises:
        EngineError: the engine or the host failed, so nothing can be said about the predictor.
    """
    limits = case.policy.limits
    over = _run_container(host, case, say)
    if ended is not None:
        ended()
    # Read only now: the predictor has ended, and can no longer change what is read.
    with case.keeper.streaming_archive(OUTPUT_DIR) as chunks:
        output = read_output(chunks, limits, wanted)
    measured = over.measured
    if host.has_nested_cgroups:
        counted = read_counts(case.site.cgroup_parent)
        measured = counted or read_stats(case.keeper.fetch_stats())
    _require_running(case.keeper)
    resources = ResourceUse(
        wall_seconds=over.end.wall_seconds,
        output_bytes=output.bytes_used,
        output_files=output.file_count,
        cpu_seconds=measured.cpu_seconds if measured else None,
        peak_memory_bytes=measured.memory_bytes if measured else None,
        is_sampled=not host.has_nested_cgroups,
    )
    end = replace(over.end, output_full=output.full)
    return SandboxRun(end, output, over.log, resources, case.attestation)


@dataclass(frozen=True)
class _Ended:
    end: ContainerEnd
    log: bytes
    measured: Measured | None


def _run_container(host: Host, case: PreparedCase, say: Say) -> _Ended:
    if case.container is None:
        return _never_started(case.refusal)
    with ExitStack() as cleanup:
        cleanup.callback(host.engine.remove, "container", case.site.names.predictor)
        begun = time.monotonic()
        refusal = _start(host, case, case.container)
        if refusal is not None:
            return _never_started(refusal)
        every = RARELY_SECONDS if host.has_nested_cgroups else SAMPLE_SECONDS
        limits, container = case.policy.limits, case.container
        with Sampler(container, every) as sampler:
            killed = _wait_or_kill(host.engine, container, limits.wall_seconds, say)
            most_seconds = time.monotonic() - begun
        measured = largest(sampler.samples)
        state = container.inspect()["State"]
        most_pids = measured.pids if measured else 0
        end = read_end(state, limits, killed_by_runner=killed, most_pids=most_pids)
        _require_one_time(container, end, limits, most_seconds)
        log = cut_log(container.fetch_log(), limits.log_bytes)
        if end.exit_code != 0 or killed:
            _require_undisturbed(container, state, killed_by_runner=killed)
        if could_be_host_kill(end):
            check_control(host, case.policy, case.site)
    return _Ended(end, log, measured)


def _start(host: Host, case: PreparedCase, container: Container) -> str | None:
    """Start the container; return why a working engine refuses, or None if it started.

    A refused start is tried once more: a busy engine sometimes refuses.
    """
    for attempt in (1, 2):
        try:
            container.start()
        except EngineError as error:
            refusal = refusal_of(error)
            if refusal is None:
                raise
            if attempt == 2:  # noqa: PLR2004  (the last of the two above)
                check_control(host, case.policy, case.site)
                return refusal
        else:
            break
    return None


def _never_started(reason: str | None) -> _Ended:
    end = ContainerEnd(exit_code=NOT_STARTED_EXIT_CODE, wall_seconds=0.0, start_error=reason)
    return _Ended(end, b"", None)


def _wait_or_kill(engine: Engine, container: Container, wall_seconds: float, say: Say) -> bool:
    """Wait for the container's end; return whether it had to be killed at the deadline."""
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < wall_seconds:
        if elapsed >= HEARTBEAT_SECONDS:
            say(f"still running after {elapsed:.0f} s of at most {wall_seconds:g} s")
        until = started + min(elapsed + HEARTBEAT_SECONDS, wall_seconds)
        if _ended_by(engine, container, until, say):
            return False
    try:
        container.kill()
    except EngineRefusedError as error:
        if error.status != HTTPStatus.CONFLICT:  # it has just ended by itself
            raise
        return False
    if not _ended_by(engine, container, time.monotonic() + KILL_SECONDS, say):
        raise EngineError(f"{container.name} was killed but is still running; check the engine.")
    return True


def _ended_by(engine: Engine, container: Container, deadline: float, say: Say) -> bool:
    while (left := deadline - time.monotonic()) > 0:
        try:
            container.wait(left)
        except EngineLostError:
            # A lost engine leaves the container running, or it ends the container when it is
            # back; the keeper's state shows which.
            engine.await_answer(say)
        else:
            return True
    return False


def _require_one_time(
    container: Container, end: ContainerEnd, limits: Limits, most_seconds: float
) -> None:
    """Raise EngineError if the engine's clock was set forward past the wall time limit."""
    if clocks_disagree(limits, wall_seconds=end.wall_seconds, most_seconds=most_seconds):
        raise EngineError(
            f"The engine's clock was changed while {container.name} ran: it says "
            f"{end.wall_seconds:.1f} s, but at most {most_seconds:.1f} s have passed."
        )


def _require_undisturbed(
    container: Container, state: Mapping[str, Any], *, killed_by_runner: bool
) -> None:
    """Raise EngineError if others may have ended it: that says nothing about the predictor."""
    started, finished = lifetime(state)
    events = container.fetch_events(started, finished + EVENT_SECONDS)
    done = find_interference(events, killed_by_runner=killed_by_runner)
    if done is not None:
        raise EngineError(f"{container.name} was {done} from outside, so its end says nothing.")


def _require_running(keeper: Container) -> None:
    """Raise EngineError if the keeper has stopped: that emptied /output."""
    if keeper.inspect()["State"]["Status"] != "running":
        raise EngineError(f"{keeper.name} was stopped from outside, so the output is lost.")
