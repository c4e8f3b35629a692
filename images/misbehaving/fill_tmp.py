"""Fills /tmp with bytes, then with files.

promise: 3
expected: scored
"""

import errno
from pathlib import Path

from _attempt import IS_GVISOR, LIMITS, attempt, fill, write_predictions


def make_more_than_allowed() -> None:
    """Make all the files that are allowed, and one."""
    for number in range(LIMITS["tmp_files"] + 1):
        Path(f"/tmp/{number}").touch()


attempt("bytes", lambda: fill("/tmp/big", LIMITS["tmp_bytes"]), errno.ENOSPC)
if IS_GVISOR:
    make_more_than_allowed()  # it counts no files, but the memory that they take
else:
    attempt("files", make_more_than_allowed, errno.ENOSPC)
write_predictions()
