"""Leaves a daemon behind that goes on spoiling the output when the predictor has ended.

promise: 9
expected: scored
"""

import os
import signal
import time

from _attempt import PREDICTIONS, write_predictions

write_predictions()
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(0.5)
        while True:
            PREDICTIONS.write_text("spoiled by a daemon")
            time.sleep(0.01)
    os._exit(0)
