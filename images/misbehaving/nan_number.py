"""Predicts NaN, which is no JSON, and in Python no number equals it.

promise: 7
expected: invalid_output, bad_number
"""

from _attempt import VALID, write_predictions

write_predictions(VALID.replace("0.5", "NaN"))
