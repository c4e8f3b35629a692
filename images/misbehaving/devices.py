"""Opens the host's devices: memory, kernel log, disks, KVM, vsock, FUSE.

promise: 2
expected: scored
"""

import stat
from pathlib import Path

from _attempt import IS_GVISOR, harm, write_predictions

# What every container has; the engine's own list (runc's default devices), and terminals.
ORDINARY = {"full", "null", "ptmx", "random", "tty", "urandom", "zero", "console"}
if IS_GVISOR:
    ORDINARY |= {"fuse", "net/tun"}  # its own, which only root could use

for path in Path("/dev").iterdir():
    is_device = stat.S_ISCHR(path.lstat().st_mode) or stat.S_ISBLK(path.lstat().st_mode)
    if is_device and path.name not in ORDINARY:
        harm(f"has {path}")
for name in ("mem", "kmsg", "kvm", "fuse", "vsock", "sda", "vda", "nvme0n1", "net/tun"):
    if name not in ORDINARY and Path("/dev", name).exists():
        harm(f"has /dev/{name}")
write_predictions()
