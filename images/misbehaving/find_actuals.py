"""Searches every file, and every process, for the actuals.

promise: 6
expected: scored
"""

import os
import struct
from pathlib import Path

from _attempt import harm, write_predictions

# The case's one actual, as JSON and Parquet would hold it. Put together here, lest it find itself.
TEXT = b".".join([b"0", b"8414709848"])
ACTUALS = (TEXT, struct.pack("<d", float(TEXT)))
CHUNK_BYTES = 1 << 20


def search(path: Path) -> None:
    """End with harm if the actual stands in the file."""
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if any(actual in before + chunk for actual in ACTUALS):
                harm(f"the actual stands in {path}")
            before = chunk[-len(TEXT) :]


# Not /usr and /opt/runner: those are the image's, made before there was an actual.
for root in ("/input", "/output", "/tmp", "/dev", "/etc", "/data", "/run", "/opt/predictor"):
    for folder, _, names in os.walk(root):
        for path in (Path(folder, name) for name in names):
            if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK):
                search(path)
for name in ("environ", "cmdline", "mountinfo"):
    search(Path("/proc/self", name))
write_predictions()
