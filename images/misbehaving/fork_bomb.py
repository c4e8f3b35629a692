"""Forks for ever, in every process that it makes.

promise: 4
expected: timed_out
gvisor: failed
wall_seconds: 2
"""

import os

while True:
    try:
        os.fork()
    except OSError:
        continue
