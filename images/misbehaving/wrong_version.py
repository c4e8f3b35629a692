"""Claims a version of the contract that does not exist, whose rules nobody could hold it to.

promise: 7
expected: invalid_output, wrong_version
"""

from _attempt import VALID, write_predictions

write_predictions(VALID.replace('"contract_version": 1', '"contract_version": 999'))
