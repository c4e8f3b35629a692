"""Sets up an io_uring, whose operations no seccomp filter sees.

promise: 2
expected: scored
"""

import ctypes
import errno

from _attempt import attempt, system_call, write_predictions

parameters = (ctypes.c_uint8 * 120)()
refusals = (errno.EPERM, errno.ENOSYS)
attempt("io_uring", lambda: system_call("io_uring_setup", 4, parameters), *refusals)
write_predictions()
