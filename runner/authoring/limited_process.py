"""A process that is killed when its time is over or its memory is too much, as a container is."""

import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Lock, Thread, Timer
from typing import NamedTuple

from runner.authoring.started_processes import Started
from runner.contract.layout import OUTPUT_DIR_VARIABLE
from runner.contract.limits import KIB, Limits
from runner.processes import INTERRUPTIBLE
from runner.sandbox.container_end import cut_log

_LONGEST_LINE = 64 * KIB
"""Bytes. Of a longer line each such part is shown as one."""

_LOOK_SECONDS = 0.2
"""How often it is looked how much memory a predictor takes."""

_LEFT_SECONDS = 1.0
"""How long what a predictor left running may go on printing; it ends with a container."""


class Ended(NamedTuple):
    """How a process ended.

    Attributes:
        late, large: whether it was killed because of its time or of its memory.
    """

    exit_code: int
    seconds: float
    log: bytes = b""
    late: bool = False
    large: bool = False


def run_limited(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    limits: Limits,
    show: Callable[[str], None],
) -> Ended:
    """Run the command; kill all that it started when its time is over or its memory is too much.

    Args:
        variables: its environment; it names a folder for the output which no other program has.
    """
    process = subprocess.Popen(  # noqa: S603  (the author's own command)
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # so that all that it starts ends with it
    )
    started = Started(process.pid, f"{OUTPUT_DIR_VARIABLE}={variables[OUTPUT_DIR_VARIABLE]}")
    printed = _Printed(limits.log_bytes)
    reader = Thread(target=_read_lines, args=(process, printed, show), daemon=True)
    late, large, over = Event(), Event(), Event()
    timer = Timer(limits.wall_seconds, _end, [started, late])
    watch = Thread(target=_watch_memory, args=(started, limits.memory_bytes, large, over))
    began = time.monotonic()
    try:
        reader.start()
        timer.start()
        watch.start()
        exit_code = process.wait(INTERRUPTIBLE)
        seconds = time.monotonic() - began
    finally:
        timer.cancel()
        over.set()
        started.kill()  # also what it left running, which would keep the pipe open
        process.wait()
        if reader.ident is not None:
            reader.join(_LEFT_SECONDS)  # what was not found may keep the pipe open for ever
        elif process.stdout is not None:  # this machine has no thread left, which is told
            process.stdout.close()
    return Ended(exit_code, seconds, printed.log(), late.is_set(), large.is_set())


def _watch_memory(started: Started, most_bytes: int, large: Event, over: Event) -> None:
    while not over.wait(_LOOK_SECONDS):
        if started.take_more(most_bytes):
            _end(started, large)
            return


def _end(started: Started, reason: Event) -> None:
    reason.set()
    started.kill()


class _Printed:
    """The last lines of what was printed: as many as a container's log keeps, and one more."""

    def __init__(self, log_bytes: int) -> None:
        self._lines: deque[bytes] = deque()
        self._log_bytes, self._size = log_bytes, 0
        self._changing = Lock()

    def add(self, line: bytes) -> None:
        with self._changing:
            self._lines.append(line)
            self._size += len(line)
            while self._size - len(self._lines[0]) > self._log_bytes:
                self._size -= len(self._lines.popleft())

    def log(self) -> bytes:
        """Return them in the form of a container's log."""
        with self._changing:
            return cut_log(b"".join(self._lines), self._log_bytes)


def _read_lines(
    process: subprocess.Popen[bytes], printed: _Printed, show: Callable[[str], None]
) -> None:
    if process.stdout is not None:
        with process.stdout as lines:
            while line := lines.readline(_LONGEST_LINE):
                printed.add(line)
                show(line.decode(errors="replace").rstrip("\n"))
