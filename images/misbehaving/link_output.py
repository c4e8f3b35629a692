"""Puts a link to the host's passwd file in place of its output.

promise: 7
expected: invalid_output, no_output
"""

from _attempt import PREDICTIONS

PREDICTIONS.symlink_to("/etc/passwd")
