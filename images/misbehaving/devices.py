"""Opens the host's devices: memory, kernel log, disks, KVM, vsock, FUSE.

promise: 2
expected: scored
"""

from pathlib import Path

from _attempt import harm, write_predictions

# What every container has; the engine's own list (runc's default devices), and terminals.
ORDINARY = {"full", "null", "ptmx", "random", "tty", "urandom", "zero", "console"}

for path in Path("/dev").iterdir():
    if path.name not in ORDINARY and (path.is_char_device() or path.is_block_device()):
        harm(f"has {path}")
for name in ("mem", "kmsg", "kvm", "fuse", "vsock", "sda", "vda", "nvme0n1", "net/tun"):
    if Path("/dev", name).exists():
        harm(f"has /dev/{name}")
write_predictions()
