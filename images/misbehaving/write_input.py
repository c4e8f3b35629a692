"""Writes below /input. Expected: failed."""

from pathlib import Path

Path("/input/eval/planted.parquet").write_bytes(b"planted")
