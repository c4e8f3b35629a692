"""Whether a predictor that runs without a container takes too much memory, by Linux's /proc."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runner.contract.limits import KIB

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

SESSION, PAGES = 3, 21
"""Fields of /proc/PID/stat, from the state on, which follows the name; see proc_pid_stat(5)."""

OWN = ("Pss_Anon", "Pss_Shmem", "SwapPss")
"""Of /proc/PID/smaps_rollup, in KiB: what a container's limit counts too."""


def takes_more(session: int, most_bytes: int) -> bool:
    """Return whether the processes of a session take more memory. False without a /proc."""
    pages = dict(_processes(session))
    # That counts mapped files, and shared memory for each process: a first look, which is cheap.
    if sum(pages.values()) * PAGE_BYTES <= most_bytes:
        return False
    return sum(map(_own_bytes, pages)) > most_bytes


def _processes(session: int) -> Iterator[tuple[Path, int]]:
    """Yield the folder of each process of a session, and how many pages it has in memory."""
    with suppress(FileNotFoundError):
        for process in PROC.iterdir():
            if process.name.isdigit():
                with suppress(OSError):  # it has ended
                    stat = (process / "stat").read_text(errors="replace")
                    fields = stat.rpartition(")")[2].split()
                    if int(fields[SESSION]) == session:
                        yield process, int(fields[PAGES])


def _own_bytes(process: Path) -> int:
    """Return what a process takes, with its share of what others have too; 0 if it has ended."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return 0
    sizes = dict(line.split(":", 1) for line in lines)
    return sum(int(sizes[name].split()[0]) for name in OWN if name in sizes) * KIB
