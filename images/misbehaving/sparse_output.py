"""Writes a sparse output of a tebibyte, or as large as it may be.

promise: 3
expected: output_limit
"""

import os
import resource

from _attempt import PREDICTIONS

limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
size = 2**40 if limit == resource.RLIM_INFINITY else limit
os.truncate(os.open(PREDICTIONS, os.O_CREAT | os.O_WRONLY), size)
