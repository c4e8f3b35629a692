"""Opens one file more than it may.

promise: 4
expected: scored
"""

import errno
import os

from _attempt import LIMITS, attempt, write_predictions

most = LIMITS["open_files"]


def open_more_than_allowed() -> None:
    """Open as many as are allowed, besides those that are open already."""
    for _ in range(most):
        os.open("/dev/null", os.O_RDONLY)


attempt("files", open_more_than_allowed, errno.EMFILE)
os.closerange(3, most)
write_predictions()
