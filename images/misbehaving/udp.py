"""Sends a datagram to the organizer's listener.

promise: 1
expected: scored
"""

import errno
import socket

from _attempt import attempt, listener, write_predictions

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    attempt("UDP", lambda: udp.sendto(b"udp", listener()), errno.ENETUNREACH)
write_predictions()
