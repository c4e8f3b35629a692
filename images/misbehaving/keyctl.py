"""Leaves a key in the kernel's keyring, which is not divided between containers.

promise: 2
expected: scored
"""

import errno

from _attempt import attempt, system_call, write_predictions

USER_KEYRING = -4

attempt(
    "add_key",
    lambda: system_call("add_key", b"user", b"marker", b"planted", 7, USER_KEYRING),
    errno.EPERM,
)
attempt("keyctl", lambda: system_call("keyctl", 0, USER_KEYRING, 1), errno.EPERM)
write_predictions()
