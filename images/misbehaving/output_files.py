"""Fills /output with empty files.

promise: 3
expected: output_limit
"""

import errno
from pathlib import Path

from _attempt import LIMITS, attempt


def make_more_than_allowed() -> None:
    """Make all the files that are allowed, and one."""
    for number in range(LIMITS["output_files"] + 1):
        Path(f"/output/{number}").touch()


attempt("files", make_more_than_allowed, errno.ENOSPC)
