"""Ignores SIGTERM and sleeps past any deadline.

promise: 4
expected: timed_out
wall_seconds: 2
"""

import signal
import time

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN)
time.sleep(3600)
