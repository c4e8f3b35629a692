"""Fills /dev/shm.

promise: 3
expected: scored
"""

import errno

from _attempt import LIMITS, attempt, fill, write_predictions

attempt("bytes", lambda: fill("/dev/shm/big", LIMITS["shm_bytes"]), errno.ENOSPC)
write_predictions()
