"""Ignores SIGTERM and sleeps past any deadline. Expected: timed_out."""

import signal
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(3600)
