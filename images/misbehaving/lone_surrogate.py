"""Names a run by half of a surrogate pair, which can be neither printed nor written.

promise: 7
expected: invalid_output, lone_surrogate
"""

from _attempt import VALID, write_predictions

write_predictions(VALID.replace("attack", r"\ud800", 1))
