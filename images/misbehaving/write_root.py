"""Writes to the image's own file system. Expected: failed."""

from pathlib import Path

Path("/opt/predictor/planted").write_bytes(b"planted")
