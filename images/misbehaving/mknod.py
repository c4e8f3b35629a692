"""Makes device nodes: of the first disk, and in place of its output.

promise: 2
expected: scored
"""

import errno
import os
import stat

from _attempt import IS_GVISOR, PREDICTIONS, attempt, write_predictions

ZERO, FIRST_DISK = os.makedev(1, 5), os.makedev(254, 0)


def make_disk() -> None:
    """Make a node of the disk; in gVisor's own /tmp that may be done, but it leads nowhere."""
    os.mknod("/tmp/disk", stat.S_IFBLK | 0o666, FIRST_DISK)
    if IS_GVISOR:
        os.close(os.open("/tmp/disk", os.O_RDONLY))


attempt("device /tmp/disk", make_disk, errno.EPERM, errno.ENXIO)
attempt("output", lambda: os.mknod(PREDICTIONS, stat.S_IFCHR | 0o666, ZERO), errno.EPERM)
write_predictions()
