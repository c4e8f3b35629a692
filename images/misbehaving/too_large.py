"""Writes valid predictions with two million spaces after them.

promise: 7
expected: invalid_output, too_large
"""

from _attempt import VALID, write_predictions

write_predictions(VALID + " " * 2_000_000)
