"""Opens for writing, without writing, what sets the kernel: below /sys and /proc/sys.

promise: 2
expected: scored
"""

import errno
import os
from pathlib import Path

from _attempt import attempt, write_predictions

SETTINGS = (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sysrq-trigger",
    "/sys/kernel/uevent_helper",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory/release_agent",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/cgroup.procs",
)
for setting in SETTINGS:
    if Path(setting).exists():
        attempt(
            f"write {setting}",
            lambda: os.open(setting, os.O_WRONLY),
            errno.EROFS,
            errno.EACCES,
            errno.EPERM,
        )
write_predictions()
