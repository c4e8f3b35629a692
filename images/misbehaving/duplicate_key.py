"""Predicts twice under one key, of which parsers take the last and people see the first.

promise: 7
expected: invalid_output, duplicate_key
"""

from _attempt import STAT, write_predictions

write_predictions(f'{{"contract_version": 1, "predictions": {{"attack": [], "attack": [{STAT}]}}}}')
