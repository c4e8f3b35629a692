"""Lets a child take memory until that is killed, and predicts all the same: no fault of its own.

promise: 4
expected: scored
"""

import os
import signal

from _attempt import IS_GVISOR, harm, write_predictions

child = os.fork()
if child == 0:
    taken = []
    while True:
        taken.append(b"x" * 16 * 1024 * 1024)
_, status = os.waitpid(child, 0)
# In gVisor the child's own error ends it, as its kernel gets no more memory for it.
is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
if not is_killed and not (IS_GVISOR and status != 0):
    harm("the child was not killed")
write_predictions()
