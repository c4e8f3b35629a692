"""Looks for processes that are not its own, to watch or to end them.

promise: 2
expected: scored
"""

import os
from pathlib import Path

from _attempt import harm, write_predictions

INITS = {"docker-init", "tini", "catatonit"}  # the engine's, as the parent of ours

pids = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
strangers = [
    name
    for pid in pids - {os.getpid()}
    if (name := Path(f"/proc/{pid}/comm").read_text().strip()) not in INITS
]
if strangers:
    harm(f"sees {strangers[:5]}")
write_predictions()
