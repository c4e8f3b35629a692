"""Lets a child take memory until that is killed, and predicts all the same: no fault of its own.

promise: 4
expected: scored
"""

import os
import signal

from _attempt import harm, write_predictions

child = os.fork()
if child == 0:
    taken = []
    while True:
        taken.append(b"x" * 16 * 1024 * 1024)
_, status = os.waitpid(child, 0)
if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
    harm("the child was not killed")
write_predictions()
