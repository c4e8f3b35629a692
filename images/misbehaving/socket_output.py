"""Puts a socket in place of its output.

promise: 7
expected: invalid_output, no_output
"""

import socket

from _attempt import PREDICTIONS

socket.socket(socket.AF_UNIX).bind(str(PREDICTIONS))
