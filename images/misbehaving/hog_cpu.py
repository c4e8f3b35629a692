"""Computes in several processes for as long as it may, and ends in time.

promise: 4
expected: scored
wall_seconds: 10
"""

import os
import time

from _attempt import IS_GVISOR, LIMITS, harm, write_predictions

SECONDS, PROCESSES = 1.5, 4

started = time.monotonic()
for _ in range(PROCESSES):
    if os.fork() == 0:
        while time.monotonic() - started < SECONDS:
            pass
        os._exit(0)
for _ in range(PROCESSES):
    os.wait()
elapsed = time.monotonic() - started
used = sum(os.times()[:4])
# The engine deals CPU time out per tenth of a second: half of one more may be had at either end.
# gVisor counts the time that its own threads wait as well; there only the engine's count holds.
if not IS_GVISOR and used > LIMITS["cpus"] * (elapsed + 0.2) + 0.2:
    harm(f"{used:.2f} s of CPU in {elapsed:.2f} s")
write_predictions()
