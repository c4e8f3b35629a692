"""Takes over every process that it sees and did not start: of other containers, of the host.

promise: 2
expected: scored
"""

import errno
import os
from pathlib import Path

from _attempt import attempt, call, write_predictions

PTRACE_SEIZE = 0x4206
ONESELF = os.getpid()

others = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()} - {ONESELF}
for pid in sorted(others) or [os.getppid()]:  # in a container of its own the parent is 0, nobody
    attempt(
        f"ptrace {pid}",
        lambda: call("ptrace", PTRACE_SEIZE, pid, None, None),
        errno.EPERM,
        errno.ESRCH,
    )
write_predictions()
