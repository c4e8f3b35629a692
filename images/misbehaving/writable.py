"""Searches every folder for one that it can write to and that is not promised to be bounded.

promise: 3
expected: scored
"""

import os
from pathlib import Path

from _attempt import harm, write_predictions

BOUNDED = ("/output", "/tmp", "/dev/shm", "/dev/mqueue")
KERNEL = ("/proc", "/sys")

for folder, names, _ in os.walk("/"):
    names[:] = [name for name in names if str(Path(folder, name)) not in (*BOUNDED, *KERNEL)]
    if os.access(folder, os.W_OK):
        try:
            Path(folder, "planted").touch()
        except OSError:
            continue
        harm(f"wrote to {folder}")
write_predictions()
