"""Predicts an integer of 500,000 digits, which takes seconds to read.

promise: 7
expected: invalid_output, bad_number
"""

from _attempt import VALID, write_predictions

write_predictions(VALID.replace("0.5", "9" * 500_000))
