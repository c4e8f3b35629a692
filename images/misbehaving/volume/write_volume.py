"""Writes to the VOLUME that its image declares. Expected: failed."""

from pathlib import Path

Path("/data/planted").write_bytes(b"planted")
