"""Fills /output. Expected: output_limit."""

from pathlib import Path

with Path("/output/big").open("wb") as file:
    while True:
        file.write(b"x" * 1024 * 1024)
