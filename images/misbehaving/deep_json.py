"""Writes JSON nested 200,000 deep, on which a parser runs out of stack.

promise: 7
expected: invalid_output, too_deep
"""

from _attempt import write_predictions

write_predictions("[" * 200_000 + "]" * 200_000)
