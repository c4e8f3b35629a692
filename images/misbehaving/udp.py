"""Sends a datagram to the organizer's listener.

promise: 1
expected: scored
"""

import socket

from _attempt import NO_WAY, attempt, listener, write_predictions

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    attempt("UDP", lambda: udp.sendto(b"udp", listener()), *NO_WAY)
write_predictions()
