"""Starts one process more than it may have.

promise: 4
expected: scored
gvisor: failed
"""

import errno
import os
import signal

from _attempt import LIMITS, attempt, write_predictions

children: list[int] = []


def start_more_than_allowed() -> None:
    """Start as many as are allowed, besides the one that there is."""
    for _ in range(LIMITS["pids"]):
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)


attempt("processes", start_more_than_allowed, errno.EAGAIN)
for child in children:
    os.kill(child, signal.SIGKILL)
write_predictions()
