"""Opens a TCP connection to the organizer's listener.

promise: 1
expected: scored
"""

import errno
import socket

from _attempt import attempt, listener, write_predictions


def connect() -> None:
    """Say something over TCP."""
    with socket.create_connection(listener(), timeout=2) as connection:
        connection.sendall(b"tcp")


attempt("TCP", connect, errno.ENETUNREACH)
write_predictions()
