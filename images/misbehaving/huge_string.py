"""Predicts for a run whose name has 900,000 characters, to be found again in every message.

promise: 7
expected: invalid_output, missing_target
"""

from _attempt import write_predictions

name = "x" * 900_000
stat = '{"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}'
write_predictions(f'{{"contract_version": 1, "predictions": {{"{name}": [{stat}]}}}}')
