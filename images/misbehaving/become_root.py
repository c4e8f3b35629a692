"""Asks for root's uid and gid, and for other files' ownership, without any set-user-ID file.

promise: 2
expected: scored
"""

import errno
import os
from pathlib import Path

from _attempt import attempt, write_predictions

mine = Path("/tmp/mine")
mine.touch()
attempt("setuid", lambda: os.setuid(0), errno.EPERM)
attempt("setgid", lambda: os.setgid(0), errno.EPERM)
attempt("setgroups", lambda: os.setgroups([0]), errno.EPERM)
attempt("chown", lambda: os.chown(mine, 0, 0), errno.EPERM)
write_predictions()
