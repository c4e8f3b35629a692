"""Predicts true, which Python takes for 1.

promise: 7
expected: invalid_output, not_the_contract
"""

from _attempt import VALID, write_predictions

write_predictions(VALID.replace("0.5", "true"))
