"""The processes of a predictor that runs without a container, by Linux's /proc."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from runner.contract.limits import KIB

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

STATE, SESSION, PAGES = 0, 3, 21
"""Fields of /proc/PID/stat, from the state on, which follows the name; see proc_pid_stat(5)."""

ENDED = ("Z", "X")
"""States of a process that has ended, and is only waited for."""

OWN = ("Pss_Anon", "Pss_Shmem", "SwapPss")
"""Of /proc/PID/smaps_rollup, in KiB: what a container's limit counts too."""

_ROUNDS = 10
"""How often it is looked for processes that were started while others were killed."""


class Started(NamedTuple):
    """What tells the processes that a program started from all others.

    Attributes:
        session: the number of its session; that of its first process too.
        variable: ``NAME=VALUE`` of its environment, which no other program has. A process that
            leaves the session, e.g. a server, still has it.
    """

    session: int
    variable: str

    def take_more(self, most_bytes: int) -> bool:
        """Return whether they take more memory together. False without a /proc."""
        pages = {PROC / str(number): pages for number, pages in self._running()}
        # That counts mapped files, and shared memory for each process: a first look, and cheap.
        if sum(pages.values()) * PAGE_BYTES <= most_bytes:
            return False
        return sum(map(_own_bytes, pages)) > most_bytes

    def kill(self) -> None:
        """Kill them all; without a /proc only those that have left no group.

        What runs as another user, e.g. by sudo, may not be killed.
        """
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.session, signal.SIGKILL)
        for _ in range(_ROUNDS):
            running = [number for number, _ in self._running()]
            if not running:
                return
            for number in running:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(number, signal.SIGKILL)

    def _running(self) -> Iterator[tuple[int, int]]:
        """Yield the number of each process, and how many pages it has in memory."""
        with suppress(FileNotFoundError):
            for process in PROC.iterdir():
                if process.name.isdigit():
                    with suppress(OSError):  # it has ended, or is another user's
                        stat = (process / "stat").read_text(errors="replace")
                        fields = stat.rpartition(")")[2].split()
                        if fields[STATE] not in ENDED and self._has(process, int(fields[SESSION])):
                            yield int(process.name), int(fields[PAGES])

    def _has(self, process: Path, session: int) -> bool:
        if session == self.session:
            return True
        variables = (process / "environ").read_bytes().split(b"\0")
        return os.fsencode(self.variable) in variables


def _own_bytes(process: Path) -> int:
    """Return what a process takes, with its share of what others have too; 0 if it has ended."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return 0
    sizes = dict(line.split(":", 1) for line in lines)
    return sum(int(sizes[name].split()[0]) for name in OWN if name in sizes) * KIB
