"""Fills /tmp with bytes, then with files.

promise: 3
expected: scored
"""

import errno
from pathlib import Path

from _attempt import LIMITS, attempt, fill, write_predictions


def make_more_than_allowed() -> None:
    """Make all the files that are allowed, and one."""
    for number in range(LIMITS["tmp_files"] + 1):
        Path(f"/tmp/{number}").touch()


attempt("bytes", lambda: fill("/tmp/big", LIMITS["tmp_bytes"]), errno.ENOSPC)
attempt("files", make_more_than_allowed, errno.ENOSPC)
write_predictions()
