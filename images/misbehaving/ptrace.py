"""Traces other processes: every one that it sees and did not start, and one that it did.

promise: 2
expected: scored
"""

import errno
import os
import signal
from pathlib import Path

from _attempt import attempt, call, write_predictions

PTRACE_SEIZE = 0x4206

child = os.fork()
if child == 0:
    signal.pause()
pids = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
for pid in sorted(pids - {os.getpid()}):
    attempt(
        f"ptrace {pid}",
        lambda: call("ptrace", PTRACE_SEIZE, pid, None, None),
        errno.EPERM,
    )
os.kill(child, signal.SIGKILL)
write_predictions()
