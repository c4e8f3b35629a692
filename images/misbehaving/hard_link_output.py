"""Puts a second name of another of its files in place of its output.

promise: 7
expected: invalid_output, no_output
"""

from pathlib import Path

from _attempt import PREDICTIONS, VALID

other = Path("/output/a-name-that-comes-first")
other.write_text(VALID)
PREDICTIONS.hardlink_to(other)
