"""Leaves a mark wherever it can, for a later submission to find, and looks for an earlier one's.

promise: 9
expected: scored
runs: 2
"""

from pathlib import Path

from _attempt import call, harm, libc, write_predictions

SHARED_MEMORY_KEY, CREATE = 0x6D61726B, 0o1600

for folder in ("/tmp", "/dev/shm", "/output", "/input", "/data", "/opt/predictor", "/run"):
    marker = Path(folder, "marker")
    if marker.exists():
        harm(f"found {marker}")
    try:
        marker.write_text("I was here")
    except OSError as error:
        print(f"{marker}: refused: {error}")
if libc.shmget(SHARED_MEMORY_KEY, 0, 0) != -1:
    harm("found shared memory")
call("shmget", SHARED_MEMORY_KEY, 4096, CREATE)
if libc.msgget(SHARED_MEMORY_KEY, 0) != -1:
    harm("found a message queue")
call("msgget", SHARED_MEMORY_KEY, CREATE)
Path("/output/marker").unlink(missing_ok=True)
write_predictions()
