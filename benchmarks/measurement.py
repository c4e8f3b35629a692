"""Times and peaks, and what a machine they were measured on."""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

LOOK_SECONDS = 0.02
"""How often a process is asked for its peak; what it takes in its last moment may be missed."""


@dataclass(frozen=True)
class Row:
    """A line of the results: what was measured, and how often it took as long as the basis."""

    what: str
    seconds: float
    ratio: float | None = None
    peak_mb: float | None = None


def compare_in_turns(contenders: Mapping[str, Callable[[], object]], rounds: int) -> list[Row]:
    """Return the medians over rounds of each one's seconds, and of its ratio to the first's.

    In each round all take turns, and a ratio is of one round; a round before warms up.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    first, *_ = taken.values()
    return [
        Row(name, median(each[1:]), median(a / b for a, b in zip(each[1:], first[1:], strict=True)))
        for name, each in taken.items()
    ]


def run_measured(command: Sequence[str | Path], log: Path) -> tuple[float, float]:
    """Run a command; return its wall seconds and the peak of its resident memory in MB.

    Raises:
        RuntimeError: the command failed; the message ends with what it wrote.
    """
    start = time.perf_counter()
    peak_kb = 0
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        # Not ru_maxrss, which begins with what this process had when it forked.
        while process.poll() is None:
            peak_kb = max(peak_kb, _peak_kb(process.pid))
            time.sleep(LOOK_SECONDS)
    if process.returncode != 0:
        end = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command} ended with {process.returncode}: {end}")
    return time.perf_counter() - start, peak_kb / 1024


def _peak_kb(pid: int) -> int:
    """Return the most resident memory that a process had, by the kernel; 0 at its end."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def describe_machine() -> str:
    """Return the processor, its cores, the memory and the system."""
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in cpus if "model name" in line), "unknown")
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory_gb:.0f} GB, {platform.system()} {platform.release()}"


def versions(names: Sequence[str]) -> str:
    """Return Python's version and those of the installed ones of these packages."""
    found = [f"Python {platform.python_version()}"]
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
