"""What the kernel has counted of a container's cgroup, read from this machine's own files.

An engine before version 25 measures once a second at most, and whoever asks waits for that.
"""

from contextlib import suppress
from pathlib import Path

from runner.sandbox.sampler import Measured

CGROUPS = Path("/sys/fs/cgroup")
"""Where cgroups of version 1 are mounted."""


def read_counts(cgroup: str, mounted: Path = CGROUPS) -> Measured | None:
    """Return what a cgroup and those below it have used; None if this machine does not have it.

    The engine's own answer comes from the same files. The group's name has a container's id in it,
    so an engine on another machine has none of that name here.

    Args:
        cgroup: of version 1, as the engine names it: ``/docker/ID``.
        mounted: where the cgroups are.
    """
    with suppress(OSError, ValueError):
        memory = mounted / "memory" / cgroup.lstrip("/")
        cpu = mounted / "cpuacct" / cgroup.lstrip("/")
        memory_bytes = _number(memory / "memory.max_usage_in_bytes")
        return Measured(_number(cpu / "cpuacct.usage") / 1e9, memory_bytes, pids=0)
    return None


def _number(file: Path) -> int:
    return int(file.read_text())
