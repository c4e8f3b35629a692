"""Writes [[],[],...], which takes twenty times its size when read.

promise: 7
expected: invalid_output, not_the_contract
"""

from _attempt import write_predictions

empty = ",".join(["[]"] * 330_000)
write_predictions(f'{{"contract_version": 1, "predictions": {{"attack": [{empty}]}}}}')
