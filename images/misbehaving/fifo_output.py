"""Puts a FIFO in place of its output, on which a reader would wait for ever.

promise: 7
expected: invalid_output, no_output
"""

import os

from _attempt import PREDICTIONS

os.mkfifo(PREDICTIONS)
