"""Predicts nothing, so as to be scored on nothing.

promise: 7
expected: invalid_output, missing_target
"""

from _attempt import write_predictions

write_predictions('{"contract_version": 1, "predictions": {}}')
