"""Puts a link to the host's passwd file in place of its output. Expected: invalid_output."""

from pathlib import Path

Path("/output/predictions.json").symlink_to("/etc/passwd")
