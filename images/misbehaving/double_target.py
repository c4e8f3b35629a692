"""Predicts the same target twice, to be scored on the better one.

promise: 7
expected: invalid_output, doubled_target
"""

from _attempt import STAT, VALID, write_predictions

write_predictions(VALID.replace(STAT, f"{STAT}, {STAT}"))
