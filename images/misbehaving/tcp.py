"""Opens a TCP connection to the organizer's listener.

promise: 1
expected: failed
"""

import socket

from _attempt import harm, listener

with socket.create_connection(listener(), timeout=2) as connection:
    connection.sendall(b"tcp")
harm("TCP")
