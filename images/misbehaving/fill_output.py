"""Fills /output with bytes.

promise: 3
expected: output_limit
"""

from pathlib import Path

with Path("/output/big").open("wb", buffering=0) as file:
    while True:
        file.write(b"x" * 64 * 1024)
