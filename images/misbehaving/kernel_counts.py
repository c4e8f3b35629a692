"""Reads locks, keys and other things that the kernel counts for all containers of the host.

promise: 6
expected: scored
"""

import fcntl
from pathlib import Path

from _attempt import harm, write_predictions

COUNTED = (
    *("/proc/locks", "/proc/key-users", "/proc/sys/fs/aio-nr", "/proc/sys/fs/file-nr"),
    *("/proc/sys/fs/inode-nr", "/proc/sys/fs/inode-state", "/proc/sys/fs/dentry-state"),
    "/proc/sys/kernel/pty/nr",
)

with Path("/tmp/lock").open("w") as file:
    fcntl.lockf(file, fcntl.LOCK_EX, 77, 7)
    for path in COUNTED:
        if Path(path).exists() and Path(path).read_text():
            harm(f"{path} can be read")
write_predictions()
