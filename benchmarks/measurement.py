"""Measures times and memory peaks, and describes the machine."""

import os
import platform
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

LOOK_SECONDS = 0.02
"""How often a process's peak is read; memory used in its last moment may be missed."""


@dataclass(frozen=True)
class Row:
    """A line of the results: what was measured, and its time as a multiple of the basis."""

    what: str
    seconds: float
    ratio: float | None = None
    peak_mb: float | None = None


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it has awaited, all threads together.

    On a busy machine it changes far less than the time that passes.
    """
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def compare_in_turns(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Return each one's median seconds over rounds, and its median ratio to the first.

    In each round all run once, and ratios are within a round; one round before warms up.

    Args:
        clock: returns seconds.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, run in contenders.items():
            start = clock()
            run()
            taken[name].append(clock() - start)
    first, *_ = taken.values()
    return [
        Row(name, median(each[1:]), median(a / b for a, b in zip(each[1:], first[1:], strict=True)))
        for name, each in taken.items()
    ]


def run_measured(command: Sequence[str | Path], log: Path) -> tuple[float, float]:
    """Run a command; return its wall seconds and the peak of its resident memory in MB.

    The memory is that of its own processes too, each at its peak.

    Raises:
        RuntimeError: the command failed; the message ends with its output.
    """
    start = time.perf_counter()
    peak_kb = 0
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        # Not ru_maxrss, which includes the memory of this process when it forked.
        while process.poll() is None:
            peak_kb = max(peak_kb, _peak_kb(process.pid))
            time.sleep(LOOK_SECONDS)
    if process.returncode != 0:
        end = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command} ended with {process.returncode}: {end}")
    return time.perf_counter() - start, peak_kb / 1024


def _peak_kb(pid: int) -> int:
    """Return the peak of a process and its children, as the kernel counts it; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it ended meanwhile
        return 0
    own = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
    return own + sum(map(_peak_kb, map(int, children)))


def describe_machine() -> str:
    """Return the processor, its cores, the memory and the system."""
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in cpus if "model name" in line), "unknown")
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory_gb:.0f} GB, {platform.system()} {platform.release()}"


def versions(names: Sequence[str]) -> str:
    """Return the versions of Python and of those of these packages that are installed."""
    found = [f"Python {platform.python_version()}"]
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
