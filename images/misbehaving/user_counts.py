"""Counts the processes of its uid, as signals, keys and watches are counted, in all containers.

promise: 2
expected: scored
"""

import os
import resource

from _attempt import harm, write_predictions

AND_ONE_CHILD = 2

resource.setrlimit(resource.RLIMIT_NPROC, (AND_ONE_CHILD, AND_ONE_CHILD))
try:
    child = os.fork()
except BlockingIOError:
    harm("another process has the same uid")
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
write_predictions()
