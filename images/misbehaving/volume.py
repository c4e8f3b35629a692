"""Writes to the VOLUME that its image declares, which the engine would back with host disk.

promise: 3
expected: scored
"""

import errno
from pathlib import Path

from _attempt import attempt, write_predictions

attempt("write", lambda: Path("/data/planted").write_bytes(b"planted"), errno.EROFS, errno.EACCES)
write_predictions()
