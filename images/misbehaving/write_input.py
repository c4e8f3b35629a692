"""Writes below /input, and over what was staged.

promise: 3
expected: scored
"""

import errno
from pathlib import Path

from _attempt import attempt, write_predictions

for name in ("planted.parquet", "manifest.json"):
    attempt(name, lambda: Path("/input", name).write_bytes(b"planted"), errno.EROFS, errno.EACCES)
write_predictions()
