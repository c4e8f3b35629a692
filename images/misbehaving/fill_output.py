"""Fills /output with bytes.

promise: 3
expected: output_limit
"""

import errno

from _attempt import LIMITS, attempt, fill

attempt("bytes", lambda: fill("/output/big", LIMITS["output_bytes"]), errno.ENOSPC)
