"""Writes to the image's own file system.

promise: 3
expected: scored
"""

import errno
from pathlib import Path

from _attempt import attempt, write_predictions

attempt(
    "write",
    lambda: Path("/opt/predictor/planted").write_bytes(b"planted"),
    errno.EROFS,
    errno.EACCES,
)
write_predictions()
