"""Outcomes: how a case ended, decided from the engine's record alone."""

import signal
from dataclasses import dataclass
from enum import StrEnum

from runner.contract.limits import MIB, Limits
from runner.untrusted import quote

SIGNAL_EXIT_BASE = 128
"""An exit code above it means: ended by signal number (code - 128)."""

KILLED_EXIT_CODE = SIGNAL_EXIT_BASE + signal.SIGKILL


class Outcome(StrEnum):
    """How a case ended. A fault of the engine or the host is an error, never an outcome."""

    SCORED = "scored"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_LIMIT = "output_limit"
    INVALID_OUTPUT = "invalid_output"


@dataclass(frozen=True)
class ContainerEnd:
    """How the container ended, as the engine recorded it.

    Attributes:
        exit_code: of the image's entrypoint; 126 or 127 if it could not be started.
        wall_seconds: from start to end, by the engine's clock.
        oom_killed: the kernel killed one of its processes at the memory limit.
        past_deadline: it took more than its wall time.
        output_full: /output reached its limit in bytes or files.
        pids_reached: it was measured with as many processes as its limit allows.
        start_error: why the image could not be started, or None.
    """

    exit_code: int
    wall_seconds: float
    oom_killed: bool = False
    past_deadline: bool = False
    output_full: bool = False
    pids_reached: bool = False
    start_error: str | None = None


def predictor_fault(end: ContainerEnd) -> Outcome | None:
    """Return what the predictor did wrong, or None if it ran to its end.

    Log text is never consulted: the predictor writes it and could forge it. The engine's OOM flag
    is also set when a child was killed and the predictor went on to exit 0: that is no fault.
    """
    if end.past_deadline:
        return Outcome.TIMED_OUT
    if end.oom_killed and end.exit_code != 0:
        return Outcome.OUT_OF_MEMORY
    if end.output_full:
        return Outcome.OUTPUT_LIMIT
    return Outcome.FAILED if end.exit_code != 0 else None


def is_past_deadline(
    limits: Limits, *, wall_seconds: float, exit_code: int, killed_by_runner: bool
) -> bool:
    """Return whether the predictor took more than its wall time.

    The engine's clock decides, not the runner's. While an engine stalls, the runner's clock runs
    on, so the runner may send SIGKILL to a predictor that has just ended in time by itself.
    """
    if wall_seconds >= limits.wall_seconds:
        return True
    return killed_by_runner and exit_code == KILLED_EXIT_CODE


def clocks_disagree(limits: Limits, *, wall_seconds: float, most_seconds: float) -> bool:
    """Return whether the engine's clock says "too late" though the time can't have passed.

    A wall clock can be set forward while a predictor runs. The end then says nothing about it.

    Args:
        wall_seconds: how long the container ran, by the engine's wall clock.
        most_seconds: the most that it can have run, by the runner's monotonic clock.
    """
    return most_seconds < limits.wall_seconds <= wall_seconds


def could_be_host_kill(end: ContainerEnd) -> bool:
    """Return whether a host in trouble could have ended the predictor like this.

    That is a SIGKILL that came neither from the memory limit nor from the runner, but perhaps
    from the host's own shortage of memory, or from its administrator.
    """
    killed = end.exit_code == KILLED_EXIT_CODE
    return killed and not end.oom_killed and not end.past_deadline


def describe_fault(fault: Outcome, end: ContainerEnd, limits: Limits) -> str:
    """Return one line that explains to the predictor's author what happened."""
    if fault is Outcome.TIMED_OUT:
        return f"it was still running after the wall time of {limits.wall_seconds:g} s, and killed"
    if fault is Outcome.OUT_OF_MEMORY:
        most = limits.memory_bytes // MIB
        return f"a process was killed at the memory limit of {most} MiB, /output and /tmp included"
    if fault is Outcome.OUTPUT_LIMIT:
        most = limits.output_bytes // MIB
        return f"/output reached its limit of {most} MiB or {limits.output_files} files"
    if end.start_error is not None:
        reason = quote(end.start_error, most=400)
        return f"the image could not be started: {reason}"
    return _describe_exit(end.exit_code, limits) + _describe_pids(end, limits)


def _describe_exit(exit_code: int, limits: Limits) -> str:
    number = exit_code - SIGNAL_EXIT_BASE
    if 0 < number <= signal.SIGRTMAX:
        named = number in set(signal.Signals)
        name = f" ({signal.Signals(number).name})" if named else ""
        # SIGBUS usually means that a program mapped a file of a full tmpfs and wrote to it.
        shm = f", as when /dev/shm is full (its limit is {limits.shm_bytes // MIB} MiB)"
        why = shm if number == signal.SIGBUS else ""
        return f"the predictor was ended by signal {number}{name}{why}"
    return f"the predictor exited with code {exit_code}; the log holds what it printed"


def _describe_pids(end: ContainerEnd, limits: Limits) -> str:
    return (
        f"; it had reached its limit of {limits.pids} processes and threads"
        if end.pids_reached
        else ""
    )
