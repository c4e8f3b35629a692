"""Writes UTF-16.

promise: 7
expected: invalid_output, not_utf8
"""

from _attempt import VALID, write_predictions

write_predictions(VALID.encode("utf-16"))
