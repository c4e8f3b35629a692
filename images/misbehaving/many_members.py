"""Writes a stat of 50,000 members, each of which could make a finding of its own.

promise: 7
expected: invalid_output, not_the_contract
"""

from _attempt import write_predictions

members = ",".join(f'"{number}": 0' for number in range(50_000))
write_predictions(f'{{"contract_version": 1, "predictions": {{"attack": [{{{members}}}]}}}}')
