"""Predicts 5,000 stats that nobody asked for, each to be matched with the targets.

promise: 7
expected: invalid_output, too_large
"""

from _attempt import STAT, VALID, write_predictions

others = ", ".join(STAT.replace("test", str(number)) for number in range(5_000))
write_predictions(VALID.replace(STAT, f"{STAT}, {others}"))
