"""Makes device nodes: of the first disk, and in place of its output.

promise: 2
expected: scored
"""

import errno
import os
import stat

from _attempt import PREDICTIONS, attempt, write_predictions

ZERO, FIRST_DISK = os.makedev(1, 5), os.makedev(254, 0)

for path, kind, device in (
    ("/tmp/disk", stat.S_IFBLK, FIRST_DISK),
    (PREDICTIONS, stat.S_IFCHR, ZERO),
):
    attempt(
        f"device {path}",
        lambda: os.mknod(path, kind | 0o666, device),
        errno.EPERM,
    )
write_predictions()
