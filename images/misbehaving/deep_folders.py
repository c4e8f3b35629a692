"""Nests folders with long names beside valid predictions, to lengthen what must be read.

promise: 7
expected: scored
"""

import os

from _attempt import LIMITS, write_predictions

write_predictions()
os.chdir("/output")
for _ in range(LIMITS["output_files"] // 2):
    os.mkdir("x" * 250)  # noqa: PTH102
    os.chdir("x" * 250)
