"""Prints all that it can read of where it runs: environment, mounts, /proc, /etc.

promise: 6
expected: scored
"""

import os
from pathlib import Path

from _attempt import write_predictions

MOST_BYTES = 4000

for path in (
    *("/proc/1/environ", "/proc/self/environ", "/proc/self/mountinfo", "/proc/self/cgroup"),
    *("/proc/cmdline", "/proc/1/cmdline", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"),
    *("/etc/mtab", "/proc/mounts", "/proc/net/unix"),
):
    try:
        print(path, Path(path).read_bytes()[:MOST_BYTES].decode(errors="replace"))
    except OSError as error:
        print(path, error)
print(os.uname())
print(sorted((str(path), path.stat().st_mtime) for path in Path("/input").rglob("*")))
write_predictions()
