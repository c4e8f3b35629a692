"""Mounts a tmpfs of its own, and makes the root writable.

promise: 2
expected: scored
"""

import errno

from _attempt import attempt, call, write_predictions

MS_REMOUNT = 32

attempt("mount", lambda: call("mount", b"x", b"/tmp", b"tmpfs", 0, None), errno.EPERM)
attempt("remount", lambda: call("mount", None, b"/", None, MS_REMOUNT, None), errno.EPERM)
attempt("umount", lambda: call("umount2", b"/input", 0), errno.EPERM)
write_predictions()
