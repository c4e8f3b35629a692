"""Writes 8 MiB of log, NULs and terminal codes among it. Expected: invalid_output, no_output."""

import sys

for _ in range(8 * 1024):
    sys.stdout.buffer.write(b"\x00\x1b[2J" + b"x" * 1018 + b"\n")
