"""Puts a directory in place of its output, with a file of the same name in it.

promise: 7
expected: invalid_output, no_output
"""

from _attempt import PREDICTIONS, VALID

PREDICTIONS.mkdir()
(PREDICTIONS / PREDICTIONS.name).write_text(VALID)
