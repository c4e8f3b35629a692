"""Outcomes: how a case ended, decided from the engine's record alone."""

import signal
from dataclasses import dataclass
from enum import StrEnum

from runner.sandbox.limits import MIB, Limits
from runner.untrusted import quote

SIGNAL_EXIT_BASE = 128
"""An exit code above it means: ended by the signal of that number less this."""


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
        oom_killed: the kernel killed one of its processes at the memory limit.
        killed_at_deadline: the runner killed it when the wall time was over.
        output_full: /output reached its limit in bytes or files.
        start_error: why the entrypoint could not be started, or None.
        wall_seconds: from start to end.
    """

    exit_code: int
    oom_killed: bool
    killed_at_deadline: bool
    output_full: bool
    start_error: str | None
    wall_seconds: float


def predictor_fault(end: ContainerEnd) -> Outcome | None:
    """Return what the predictor did wrong, or None if it ran to its end.

    Log text is never consulted: the predictor writes it and could forge it. The engine's OOM flag
    also stands when a child was killed and the predictor went on to exit 0: that is no fault.
    """
    if end.killed_at_deadline:
        return Outcome.TIMED_OUT
    if end.oom_killed and end.exit_code != 0:
        return Outcome.OUT_OF_MEMORY
    if end.output_full:
        return Outcome.OUTPUT_LIMIT
    return Outcome.FAILED if end.exit_code != 0 else None


def describe_fault(fault: Outcome, end: ContainerEnd, limits: Limits) -> str:
    """Return one line that tells the predictor's author what happened."""
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
        return f"the image's entrypoint could not be started: {reason}"
    if SIGNAL_EXIT_BASE < end.exit_code <= SIGNAL_EXIT_BASE + signal.SIGRTMAX:
        return f"the predictor was ended by signal {end.exit_code - SIGNAL_EXIT_BASE}"
    return f"the predictor exited with code {end.exit_code}; the log holds what it printed"
