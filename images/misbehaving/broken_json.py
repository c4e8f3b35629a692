"""Writes a document that breaks off.

promise: 7
expected: invalid_output, not_json
"""

from _attempt import write_predictions

write_predictions('{"contract_version": 1, "predictions": {')
