"""Predicts 1e400, which a parser reads as infinite.

promise: 7
expected: invalid_output, bad_number
"""

from _attempt import VALID, write_predictions

write_predictions(VALID.replace("0.5", "1e400"))
