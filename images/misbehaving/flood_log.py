"""Writes 8 MiB of log, NULs and terminal codes among it.

promise: 3
expected: scored
"""

import sys

from _attempt import write_predictions

for _ in range(8 * 1024):
    sys.stdout.buffer.write(b"\x00\x1b[2J" + b"x" * 1018 + b"\n")
write_predictions()
